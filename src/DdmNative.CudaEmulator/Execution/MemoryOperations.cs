using System.Numerics;
using System.Runtime.Intrinsics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>Loads, stores, atomic operations and asynchronous copies, with their checks and counts.</summary>
internal static unsafe class MemoryOperations
{
    /// <summary>The address of a variable on the stack: within a thread's own, which all lanes have alike.</summary>
    public static void StackAddress(Warp warp, Operation* operation, uint mask)
    {
        for (int lane = 0; lane < 32; lane++)
            LaneOperations.Write(warp.Frame, new Place(operation->D, operation->Bytes), lane, (ulong)(warp.StackBase + operation->Immediate));
    }

    public static void LoadParameter(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        ulong* addresses = Addresses(warp, operation, mask);
        PtxType type = detail.Instruction.Modifiers.Type;
        int total = operation->Bytes * detail.Results.Length;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (addresses[lane] > (ulong)(warp.Runner.Launch.Parameters.Length - total))
                throw warp.Fault(FaultKind.OutOfBounds, operation->Site, rest, new FaultMemory(FaultAccess.Read, PtxSpace.Param, addresses[lane], total, null));
            for (int i = 0; i < detail.Results.Length; i++)
                LaneOperations.Write(warp.Frame, detail.Results[i], lane, Read(warp.Runner.Parameters + addresses[lane] + i * operation->Bytes, operation->Bytes, type));
        }
    }

    public static void Load(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        Place[] results = detail.Results;
        int bytes = operation->Bytes;
        ulong* addresses = Addresses(warp, operation, mask);
        byte** pointers = Resolve(warp, operation, mask, addresses, bytes * results.Length, FaultAccess.Read, (PtxSpace)operation->D, IsStrong(detail.Instruction));
        if (bytes == 4 && results.Length == 1 && results[0].Width == 4)
        {
            uint* row = (uint*)(warp.Frame + results[0].Offset);
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                row[lane] = *(uint*)pointers[lane];
            }

            return;
        }

        PtxType type = detail.Instruction.Modifiers.Type;
        for (int i = 0; i < results.Length; i++)
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                LaneOperations.Write(warp.Frame, results[i], lane, Read(pointers[lane] + i * bytes, bytes, type));
            }
        }
    }

    public static void Store(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        int bytes = operation->Bytes, count = detail.Instruction.Modifiers.Vector;
        ulong* addresses = Addresses(warp, operation, mask);
        byte** pointers = Resolve(warp, operation, mask, addresses, bytes * count, FaultAccess.Write, (PtxSpace)operation->D, IsStrong(detail.Instruction));
        for (int i = 0; i < count; i++)
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                Write(pointers[lane] + i * bytes, bytes, LaneOperations.Read(warp.Frame, detail.Sources[i], lane));
            }
        }

        Settle(warp);
    }

    public static void Update(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        PtxModifiers m = detail.Instruction.Modifiers;
        int bytes = operation->Bytes;
        byte** pointers = Resolve(warp, operation, mask, Addresses(warp, operation, mask), bytes, FaultAccess.Atomic, (PtxSpace)operation->D, true);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong old = Read(pointers[lane], bytes, PtxType.B64), value = LaneOperations.Read(warp.Frame, detail.Sources[0], lane);
            ulong other = m.Operation == PtxOperation.Cas ? LaneOperations.Read(warp.Frame, detail.Sources[1], lane) : 0;
            Write(pointers[lane], bytes, Updated(m, old, value, other));
            if (detail.Results.Length > 0)
                LaneOperations.Write(warp.Frame, detail.Results[0], lane, old);
        }

        Settle(warp);
    }

    public static void CopyAsync(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        int bytes = (int)LaneOperations.Read(warp.Frame, detail.Sources[1], 0);
        ulong* to = Addresses(warp, operation, mask), from = warp.Addresses + 32;
        byte** targets = Resolve(warp, operation, mask, to, bytes, FaultAccess.Write, PtxSpace.Shared, false, copies: true);
        byte** kept = stackalloc byte*[32];
        new Span<nint>(targets, 32).CopyTo(new Span<nint>(kept, 32));
        int* sizes = stackalloc int[32];
        uint reads = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            from[lane] = LaneOperations.Read(warp.Frame, detail.Sources[0], lane) + (ulong)operation->C;
            sizes[lane] = bytes;
            if (detail.Sources.Length > 2)
            {
                ulong given = LaneOperations.Read(warp.Frame, detail.Sources[2], lane);
                sizes[lane] = detail.Sources[2].Width == 0 ? given != 0 ? 0 : bytes : (int)Math.Min(given, (ulong)bytes);
            }

            reads |= sizes[lane] > 0 ? 1u << lane : 0;
        }

        // Lanes that copy less than all are looked at by the bytes that they read.
        for (uint rest = reads; rest != 0;)
        {
            int size = sizes[BitOperations.TrailingZeroCount(rest)];
            uint alike = 0;
            for (uint each = rest; each != 0; each &= each - 1)
            {
                int lane = BitOperations.TrailingZeroCount(each);
                alike |= sizes[lane] == size ? 1u << lane : 0;
            }

            byte** sources = Resolve(warp, operation, alike, from, size, FaultAccess.Read, PtxSpace.Global, false);
            for (uint each = alike; each != 0; each &= each - 1)
            {
                int lane = BitOperations.TrailingZeroCount(each);
                Buffer.MemoryCopy(sources[lane], kept[lane], bytes, size);
            }

            rest &= ~alike;
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            new Span<byte>(kept[lane] + sizes[lane], bytes - sizes[lane]).Clear();
        }
    }

    /// <summary>Addresses of all lanes: a register's row and an offset.</summary>
    public static ulong* Addresses(Warp warp, Operation* operation, uint mask)
    {
        ulong* addresses = warp.Addresses;
        ulong offset = (ulong)(operation->Immediate + (operation->B == 1 && (PtxSpace)operation->D == PtxSpace.Local ? warp.StackBase : 0));
        if (operation->A < 0)
        {
            new Span<ulong>(addresses, 32).Fill(offset);
        }
        else if (operation->Count == 8)
        {
            ulong* row = (ulong*)(warp.Frame + operation->A);
            for (int i = 0; i < 32; i += 4)
                (Vector256.Load(row + i) + Vector256.Create(offset)).Store(addresses + i);
        }
        else
        {
            uint* row = (uint*)(warp.Frame + operation->A);
            for (int i = 0; i < 32; i++)
                addresses[i] = (uint)(row[i] + (uint)offset);
        }

        return addresses;
    }

    /// <summary>Checks and counts an access of the lanes; where their bytes are.</summary>
    public static byte** Resolve(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access, PtxSpace space, bool strong, bool copies = false)
    {
        byte** pointers = (byte**)(warp.Addresses + 64);
        ulong any = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            any |= addresses[BitOperations.TrailingZeroCount(rest)];
        if (BitOperations.IsPow2(bytes) && (any & (ulong)(bytes - 1)) != 0)
        {
            uint wrong = Where(mask, addresses, address => (address & (ulong)(bytes - 1)) != 0);
            int lane = BitOperations.TrailingZeroCount(wrong);
            throw warp.Fault(FaultKind.Misaligned, operation->Site, wrong, new FaultMemory(access, space, addresses[lane], bytes, Near(warp, space, addresses[lane])), $"the address must be a multiple of {bytes}");
        }

        if (space == PtxSpace.Generic)
        {
            uint shared = Where(mask, addresses, address => Warp.SpaceOf(address) == PtxSpace.Shared), local = Where(mask, addresses, address => Warp.SpaceOf(address) == PtxSpace.Local);
            for (uint rest = shared | local; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                addresses[lane] &= (1UL << 24) - 1;
            }

            if (shared != 0)
                Shared(warp, operation, shared, addresses, bytes, access, strong, copies, pointers);
            if (local != 0)
                Local(warp, operation, local, addresses, bytes, access, pointers);
            if ((mask & ~shared & ~local) is not 0 and uint global)
                Global(warp, operation, global, addresses, bytes, access, PtxSpace.Global, pointers);
        }
        else if (space == PtxSpace.Shared)
        {
            Shared(warp, operation, mask, addresses, bytes, access, strong, copies, pointers);
        }
        else if (space == PtxSpace.Local)
        {
            Local(warp, operation, mask, addresses, bytes, access, pointers);
        }
        else
        {
            Global(warp, operation, mask, addresses, bytes, access, space, pointers);
        }

        return pointers;
    }

    /// <summary>After a store: races that mattered.</summary>
    public static void Settle(Warp warp)
    {
        BlockRunner runner = warp.Runner;
        if (runner.Watch.HasSuspects && runner.Watch.Settle(new ReadOnlySpan<byte>(runner.Shared, runner.Launch.SharedBytes)) is { } fault)
            throw Warp.Fault(fault);
    }

    private static void Global(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access, PtxSpace space, byte** pointers)
    {
        BlockRunner runner = warp.Runner;
        bool checks = access != FaultAccess.Write && (runner.Launch.Device.Options.Checks & FaultChecks.UninitialisedGlobal) != 0;
        bool row = mask == uint.MaxValue;
        ulong first = addresses[0];
        for (int i = 1; row && i < 32; i++)
            row = addresses[i] == first + (ulong)(i * bytes);
        Allocation? last = warp.Last;
        if (row && Holding(warp, last, first, (ulong)bytes * 32) is { } whole && !(whole.IsConstant && access != FaultAccess.Read))
        {
            warp.Last = whole;
            ulong at = first - whole.Address;
            if (!checks || whole.Initialised.AreAll(at, (ulong)bytes * 32))
            {
                for (int i = 0; i < 32; i++)
                    pointers[i] = whole.Host + at + i * bytes;
                if (access != FaultAccess.Read)
                    whole.Initialised.Mark(at, (ulong)bytes * 32);
                if (space != PtxSpace.Const)
                    Count(runner, operation, addresses, mask, bytes, access, row: true);
                return;
            }
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong address = addresses[lane];
            Allocation found = Holding(warp, last, address, (ulong)bytes) ?? throw Outside(warp, operation, rest, address, bytes, access, space);
            last = found;
            if (found.IsConstant && access != FaultAccess.Read)
                throw warp.Fault(FaultKind.WriteToConstant, operation->Site, rest, new FaultMemory(access, PtxSpace.Const, address, bytes, found.Describe()));
            ulong at = address - found.Address;
            if (checks && found.Initialised.FirstMissing(at, (ulong)bytes) is { } missing)
                throw warp.Fault(FaultKind.UninitialisedGlobal, operation->Site, rest, new FaultMemory(access, PtxSpace.Global, found.Address + missing, bytes, found.Describe()));
            if (access != FaultAccess.Read)
                found.Initialised.Mark(at, (ulong)bytes);
            pointers[lane] = found.Host + at;
        }

        warp.Last = last;
        if (space != PtxSpace.Const)
            Count(runner, operation, addresses, mask, bytes, access, row: false);
    }

    private static void Count(BlockRunner runner, Operation* operation, ulong* addresses, uint mask, int bytes, FaultAccess access, bool row)
    {
        if (runner.Profile.Sites.Accesses[operation->Site] < 0)
            return;
        if (row)
            runner.Profile.CountGlobalRow(operation->Site, addresses[0], bytes * 32, access != FaultAccess.Write, access != FaultAccess.Read);
        else
            runner.Profile.CountGlobal(operation->Site, new ReadOnlySpan<ulong>(addresses, 32), mask, bytes, access != FaultAccess.Write, access != FaultAccess.Read);
    }

    private static Allocation? Holding(Warp warp, Allocation? last, ulong address, ulong bytes)
    {
        if (last is not null && last.Holds(address, bytes))
            return last;
        Allocation? found = warp.Runner.Launch.Device.Memory.Find(address);
        return found is not null && found.Holds(address, bytes) ? found : null;
    }

    private static EmulatorException Outside(Warp warp, Operation* operation, uint mask, ulong address, int bytes, FaultAccess access, PtxSpace space)
    {
        Allocation? near = warp.Runner.Launch.Device.Memory.Find(address) is { IsFreed: true } freed && address - freed.Address < freed.Bytes ? freed : warp.Runner.Launch.Device.Memory.Nearest(address);
        bool isFreed = near is { IsFreed: true } && address >= near.Address && address - near.Address < near.Bytes && (warp.Runner.Launch.Device.Options.Checks & FaultChecks.UseAfterFree) != 0;
        return warp.Fault(isFreed ? FaultKind.UseAfterFree : FaultKind.OutOfBounds, operation->Site, mask, new FaultMemory(access, space, address, bytes, near?.Describe()));
    }

    private static void Shared(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access, bool strong, bool copies, byte** pointers)
    {
        BlockRunner runner = warp.Runner;
        ulong size = (ulong)runner.Launch.SharedBytes;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (addresses[lane] > size || size - addresses[lane] < (ulong)bytes)
                throw warp.Fault(FaultKind.OutOfBounds, operation->Site, rest, new FaultMemory(access, PtxSpace.Shared, addresses[lane], bytes, runner.Watch.SharedAllocation(addresses[lane])));
            pointers[lane] = runner.Shared + addresses[lane];
        }

        ReadOnlySpan<ulong> row = new(addresses, 32);
        if (runner.Profile.Sites.Accesses[operation->Site] >= 0)
            runner.Profile.CountShared(operation->Site, row, mask, bytes);
        if (!runner.Watch.WatchesShared)
            return;
        FaultReport? fault = copies ? runner.Watch.Copy(operation->Site, warp.Index, mask, row, bytes)
            : access == FaultAccess.Read ? runner.Watch.Read(operation->Site, warp.Index, mask, row, bytes, strong)
            : access == FaultAccess.Atomic || strong ? runner.Watch.Update(operation->Site, warp.Index, mask, row, bytes)
            : runner.Watch.Write(operation->Site, warp.Index, mask, row, bytes, new ReadOnlySpan<byte>(runner.Shared, runner.Launch.SharedBytes));
        if (fault is not null)
            throw Warp.Fault(fault);
    }

    private static void Local(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access, byte** pointers)
    {
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (addresses[lane] > (ulong)warp.LocalStride || (ulong)warp.LocalStride - addresses[lane] < (ulong)bytes)
                throw warp.Fault(FaultKind.OutOfBounds, operation->Site, rest, new FaultMemory(access, PtxSpace.Local, addresses[lane], bytes, new FaultAllocation(0, (ulong)warp.LocalStride, "(stack)", false)));
            pointers[lane] = warp.Local + (long)lane * warp.LocalStride + addresses[lane];
        }
    }

    private static FaultAllocation? Near(Warp warp, PtxSpace space, ulong address) => space switch
    {
        PtxSpace.Shared => warp.Runner.Watch.SharedAllocation(address),
        PtxSpace.Local or PtxSpace.Param => null,
        _ => warp.Runner.Launch.Device.Memory.Nearest(address)?.Describe(),
    };

    private static uint Where(uint mask, ulong* addresses, Func<ulong, bool> condition)
    {
        uint found = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            found |= condition(addresses[lane]) ? 1u << lane : 0;
        }

        return found;
    }

    private static bool IsStrong(PtxInstruction instruction) => instruction.Modifiers.Order is not (PtxMemoryOrder.None or PtxMemoryOrder.Weak);

    private static ulong Read(byte* from, int bytes, PtxType type) => bytes switch
    {
        1 => type.IsSigned() ? (ulong)*(sbyte*)from : *from,
        2 => type.IsSigned() ? (ulong)*(short*)from : *(ushort*)from,
        4 => type.IsSigned() ? (ulong)*(int*)from : *(uint*)from,
        _ => *(ulong*)from,
    };

    private static void Write(byte* to, int bytes, ulong value)
    {
        switch (bytes)
        {
            case 1:
                *to = (byte)value;
                break;
            case 2:
                *(ushort*)to = (ushort)value;
                break;
            case 4:
                *(uint*)to = (uint)value;
                break;
            default:
                *(ulong*)to = value;
                break;
        }
    }

    private static ulong Updated(PtxModifiers m, ulong old, ulong value, ulong other)
    {
        PtxType type = m.Type;
        int unused = 64 - type.ByteSize() * 8;
        bool less = type.IsSigned() ? (long)(value << unused) < (long)(old << unused) : value << unused < old << unused;
        return m.Operation switch
        {
            PtxOperation.And => old & value,
            PtxOperation.Or => old | value,
            PtxOperation.Xor => old ^ value,
            PtxOperation.Exch => value,
            PtxOperation.Cas => old == value ? other : old,
            PtxOperation.Inc => old >= value ? 0 : old + 1,
            PtxOperation.Dec => old == 0 || old > value ? value : old - 1,
            PtxOperation.Min => less ? value : old,
            PtxOperation.Max => less ? old : value,
            _ when type is PtxType.F16x2 or PtxType.BF16x2 => Half(type, old, value) | Half(type, old >> 16, value >> 16) << 16,
            _ when FloatFunctions.IsFloat(type) => FloatFunctions.FromDouble(FloatFunctions.ToDouble(old, type) + FloatFunctions.ToDouble(value, type), 0, type, PtxRounding.Rn),
            _ => old + value,
        };
    }

    private static ulong Half(PtxType type, ulong a, ulong b)
    {
        PtxType half = type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16;
        return FloatFunctions.FromDouble(FloatFunctions.ToDouble(a & 0xffff, half) + FloatFunctions.ToDouble(b & 0xffff, half), 0, half, PtxRounding.Rn);
    }
}
