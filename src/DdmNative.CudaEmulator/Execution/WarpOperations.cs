using System.Diagnostics;
using System.Numerics;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>Operations between the lanes of a warp.</summary>
internal static unsafe class WarpOperations
{
    public static void Nothing(Warp warp, Operation* operation, uint mask)
    {
    }

    public static void CommitCopies(Warp warp, Operation* operation, uint mask) => warp.Runner.Watch.CommitCopies(warp.Index, mask);

    public static void WaitForCopies(Warp warp, Operation* operation, uint mask)
    {
        if (operation->Immediate < 0)
            warp.Runner.Watch.WaitForAllCopies(warp.Index, mask);
        else
            warp.Runner.Watch.WaitForCopies(warp.Index, mask, (int)operation->Immediate);
    }

    public static void Clock(Warp warp, Operation* operation, uint mask)
    {
        Place result = warp.Details[operation->Extra].Results[0];
        ulong now = (ulong)Stopwatch.GetTimestamp();
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            LaneOperations.Write(warp.Frame, result, BitOperations.TrailingZeroCount(rest), now);
    }

    public static void Synchronise(Warp warp, Operation* operation, uint mask)
    {
        CheckMask(warp, operation, mask, warp.Details[operation->Extra].Sources[^1]);
        warp.Runner.Watch.SynchroniseWarp(warp.Index);
    }

    public static void ActiveMask(Warp warp, Operation* operation, uint mask) => All(warp, operation, mask, mask);

    public static void Elect(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        CheckMask(warp, operation, mask, detail.Sources[^1]);
        int leader = BitOperations.TrailingZeroCount(mask);
        All(warp, operation, mask, (ulong)leader);
        if (detail.Results.Length > 1)
            *(uint*)(warp.Frame + detail.Results[1].Offset) = *(uint*)(warp.Frame + detail.Results[1].Offset) & ~mask | 1u << leader;
    }

    public static void Shuffle(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        byte* frame = warp.Frame;
        CheckMask(warp, operation, mask, detail.Sources[3]);
        uint* values = stackalloc uint[32];
        new Span<uint>(frame + detail.Sources[0].Offset, 32).CopyTo(new Span<uint>(values, 32));
        uint* shifts = (uint*)(frame + detail.Sources[1].Offset), limits = (uint*)(frame + detail.Sources[2].Offset);
        PtxMode mode = detail.Instruction.Modifiers.Mode;
        uint valid = 0;
        uint* found = stackalloc uint[32];
        for (int lane = 0; lane < 32; lane++)
        {
            int by = (int)(shifts[lane] & 31), clamp = (int)(limits[lane] & 31), segments = (int)(limits[lane] >> 8 & 31);
            int most = lane & segments | clamp & ~segments, least = lane & segments;
            int from = mode switch { PtxMode.Up => lane - by, PtxMode.Down => lane + by, PtxMode.Bfly => lane ^ by,
                _ => least | by & ~segments };
            bool inside = mode == PtxMode.Up ? from >= most : from <= most;
            found[lane] = values[inside ? from & 31 : lane];
            valid |= inside ? 1u << lane : 0;
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            LaneOperations.Write(frame, detail.Results[0], lane, found[lane]);
        }

        if (detail.Results.Length > 1)
            *(uint*)(frame + detail.Results[1].Offset) = *(uint*)(frame + detail.Results[1].Offset) & ~mask | valid & mask;
    }

    public static void Vote(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        CheckMask(warp, operation, mask, detail.Sources[1]);
        Place source = detail.Sources[0];
        uint votes = (*(uint*)(warp.Frame + source.Offset) ^ (source.Negated ? uint.MaxValue : 0)) & mask;
        All(warp, operation, mask, detail.Instruction.Modifiers.Mode switch
        {
            PtxMode.All => votes == mask ? 1UL : 0, PtxMode.Any => votes != 0 ? 1UL : 0, PtxMode.Uni => votes == mask
                || votes == 0 ? 1UL : 0, _ => votes,
        });
    }

    public static void Match(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        CheckMask(warp, operation, mask, detail.Sources[1]);
        bool all = detail.Instruction.Modifiers.Mode == PtxMode.All;
        uint* same = stackalloc uint[32];
        for (int lane = 0; lane < 32; lane++)
        {
            same[lane] = 0;
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int other = BitOperations.TrailingZeroCount(rest);
                if (LaneOperations.Read(warp.Frame, detail.Sources[0], other) == LaneOperations.Read(warp.Frame, detail.Sources[0], lane))
                    same[lane] |= 1u << other;
            }
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            LaneOperations.Write(warp.Frame, detail.Results[0], lane, all && same[lane] != mask ? 0 : same[lane]);
            if (detail.Results.Length > 1)
                LaneOperations.Write(warp.Frame, detail.Results[1], lane, same[lane] == mask ? 1UL : 0);
        }
    }

    public static void Reduce(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        CheckMask(warp, operation, mask, detail.Sources[1]);
        PtxModifiers m = detail.Instruction.Modifiers;
        uint* values = (uint*)(warp.Frame + detail.Sources[0].Offset);
        uint total = values[BitOperations.TrailingZeroCount(mask)];
        for (uint rest = mask & mask - 1; rest != 0; rest &= rest - 1)
        {
            uint value = values[BitOperations.TrailingZeroCount(rest)];
            total = (m.Operation, m.Type.IsSigned()) switch
            {
                (PtxOperation.Add, _) => total + value,
                (PtxOperation.And, _) => total & value,
                (PtxOperation.Or, _) => total | value,
                (PtxOperation.Xor, _) => total ^ value,
                (PtxOperation.Min, true) => (uint)Math.Min((int)total, (int)value),
                (PtxOperation.Max, true) => (uint)Math.Max((int)total, (int)value),
                (PtxOperation.Min, _) => Math.Min(total, value),
                _ => Math.Max(total, value),
            };
        }

        All(warp, operation, mask, total);
    }

    private static void All(Warp warp, Operation* operation, uint mask, ulong value)
    {
        Place result = warp.Details[operation->Extra].Results[0];
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            LaneOperations.Write(warp.Frame, result, BitOperations.TrailingZeroCount(rest), result.Width == 0 ? value & 1 : value);
    }

    private static void CheckMask(Warp warp, Operation* operation, uint mask, Place named)
    {
        // Lanes that do not exist in the block may be named.
        uint* given = stackalloc uint[32];
        for (int lane = 0; lane < 32; lane++)
            given[lane] = ((uint*)(warp.Frame + named.Offset))[lane] & warp.Lanes;
        if (warp.Runner.Watch.WarpMask(operation->Site, warp.Index, mask, new ReadOnlySpan<uint>(given, 32), warp.Alive) is { } fault)
            throw Warp.Fault(fault);
    }
}
