using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>Loads, stores, atomic operations and asynchronous copies, with their checks and counts.</summary>
internal static unsafe class MemoryOperations
{
    /// <summary>Bytes that an access may span at most for its uninitialised bytes to be checked as a whole.</summary>
    private const ulong MaxSpan = 4096;

    /// <summary>The address of a variable on the stack: an offset within each thread's stack, the same for all lanes.</summary>
    public static void StackAddress(Warp warp, Operation* operation, uint mask)
    {
        for (int lane = 0; lane < 32; lane++)
            LaneOperations.Write(warp.Frame, new Place(operation->D, operation->Bytes), lane,
                (ulong)(warp.StackBase + operation->Immediate));
    }

    public static void LoadParameter(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        ulong* addresses = Addresses(warp, operation, mask);
        PtxType type = detail.Instruction.Modifiers.Type;
        int total = operation->Bytes * detail.Results.Length;
        warp.Poison.Lanes = 0;
        if (operation->Tracks)
            PoisonTransfers.Load(warp, operation, detail.Results, operation->Bytes, mask);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (addresses[lane] > (ulong)(warp.Runner.Launch.Parameters.Length - total))
                throw warp.Fault(FaultKind.OutOfBounds, operation->Site, rest,
                    new FaultMemory(FaultAccess.Read, PtxSpace.Param, addresses[lane], total, null));
            // A named parameter is the same for all lanes.
            bool isNamed = operation->A < 0 && mask == uint.MaxValue;
            for (int i = 0; i < detail.Results.Length; i++)
            {
                ulong value = Read(warp.Runner.Parameters + addresses[lane] + i * operation->Bytes, operation->Bytes, type);
                if (!isNamed || detail.Results[i].Width == 0)
                    LaneOperations.Write(warp.Frame, detail.Results[i], lane, value);
                else if (detail.Results[i].Width == 4)
                    new Span<uint>(warp.Frame + detail.Results[i].Offset, 32).Fill((uint)value);
                else
                    new Span<ulong>(warp.Frame + detail.Results[i].Offset, 32).Fill(value);
            }

            if (isNamed)
                return;
        }
    }

    public static void Load(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        Place[] results = detail.Results;
        int bytes = operation->Bytes;
        ulong* addresses = Addresses(warp, operation, mask);
        byte** pointers = Resolve(warp, operation, mask, addresses, bytes * results.Length, FaultAccess.Read, (PtxSpace)operation->D,
            operation->IsStrong);
        if (operation->Tracks || warp.Poison.Lanes != 0)
            PoisonTransfers.Load(warp, operation, results, bytes, mask);
        PtxType type = detail.Instruction.Modifiers.Type;
        if (operation->IsQuad && mask == uint.MaxValue && warp.Layout != AccessLayout.Uniform && Sse.IsSupported)
        {
            LoadQuads(warp.Frame, results, pointers);
            return;
        }

        for (int i = 0; i < results.Length; i++)
        {
            Place result = results[i];
            if (bytes == 4 && result.Width == 4)
            {
                LoadWords((uint*)(warp.Frame + result.Offset), pointers, i, mask, results.Length == 1
                    || warp.Layout == AccessLayout.Uniform ? warp.Layout : AccessLayout.Scattered);
                continue;
            }

            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                LaneOperations.Write(warp.Frame, result, lane, Read(pointers[lane] + i * bytes, bytes, type));
            }
        }
    }

    public static void Store(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        int bytes = operation->Bytes, count = detail.Instruction.Modifiers.Vector;
        ulong* addresses = Addresses(warp, operation, mask);
        byte** pointers = Resolve(warp, operation, mask, addresses, bytes * count, FaultAccess.Write, (PtxSpace)operation->D,
            operation->IsStrong);
        if (operation->Tracks)
            PoisonTransfers.Store(warp, operation, detail.Sources.AsSpan(0, count), bytes, mask, pointers);
        if (operation->IsQuad && mask == uint.MaxValue && Sse.IsSupported)
        {
            StoreQuads(warp.Frame, detail.Sources, pointers);
            ReportSuspects(warp);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            Place source = detail.Sources[i];
            if (bytes == 4 && source.Width == 4)
            {
                StoreWords((uint*)(warp.Frame + source.Offset), pointers, i, mask, count == 1 ? warp.Layout : AccessLayout.Scattered);
                continue;
            }

            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                Write(pointers[lane] + i * bytes, bytes, LaneOperations.Read(warp.Frame, source, lane));
            }
        }

        ReportSuspects(warp);
    }

    /// <summary>The <paramref name="word"/>-th word at each lane's address.</summary>
    private static void LoadWords(uint* row, byte** pointers, int word, uint mask, AccessLayout layout)
    {
        if (mask != uint.MaxValue)
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                row[lane] = ((uint*)pointers[lane])[word];
            }
        }
        else if (layout == AccessLayout.Row)
        {
            CopyRow((uint*)pointers[0], row);
        }
        else if (layout == AccessLayout.Uniform)
        {
            Vector256<uint> value = Vector256.Create(((uint*)pointers[0])[word]);
            for (int lane = 0; lane < 32; lane += 8)
                value.Store(row + lane);
        }
        else
        {
            for (int lane = 0; lane < 32; lane++)
                row[lane] = ((uint*)pointers[lane])[word];
        }
    }

    private static void StoreWords(uint* row, byte** pointers, int word, uint mask, AccessLayout layout)
    {
        if (mask != uint.MaxValue)
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                ((uint*)pointers[lane])[word] = row[lane];
            }
        }
        else if (layout == AccessLayout.Row)
        {
            CopyRow(row, (uint*)pointers[0]);
        }
        else
        {
            for (int lane = 0; lane < 32; lane++)
                ((uint*)pointers[lane])[word] = row[lane];
        }
    }

    /// <summary>Four words of each lane, four lanes at a time: transposes a square of words.</summary>
    private static void LoadQuads(byte* frame, Place[] results, byte** pointers)
    {
        float* first = (float*)(frame + results[0].Offset), second = (float*)(frame + results[1].Offset),
            third = (float*)(frame + results[2].Offset), fourth = (float*)(frame + results[3].Offset);
        for (int lane = 0; lane < 32; lane += 4)
        {
            (Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) = Transpose(
                Vector128.Load((float*)pointers[lane]), Vector128.Load((float*)pointers[lane + 1]),
                Vector128.Load((float*)pointers[lane + 2]), Vector128.Load((float*)pointers[lane + 3]));
            a.Store(first + lane);
            b.Store(second + lane);
            c.Store(third + lane);
            d.Store(fourth + lane);
        }
    }

    private static void StoreQuads(byte* frame, Place[] sources, byte** pointers)
    {
        float* first = (float*)(frame + sources[0].Offset), second = (float*)(frame + sources[1].Offset),
            third = (float*)(frame + sources[2].Offset), fourth = (float*)(frame + sources[3].Offset);
        for (int lane = 0; lane < 32; lane += 4)
        {
            (Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) = Transpose(
                Vector128.Load(first + lane), Vector128.Load(second + lane), Vector128.Load(third + lane), Vector128.Load(fourth + lane));
            a.Store((float*)pointers[lane]);
            b.Store((float*)pointers[lane + 1]);
            c.Store((float*)pointers[lane + 2]);
            d.Store((float*)pointers[lane + 3]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float>, Vector128<float>, Vector128<float>, Vector128<float>) Transpose(
        Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        Vector128<float> low = Sse.UnpackLow(a, b), high = Sse.UnpackHigh(a, b), lowOther = Sse.UnpackLow(c, d),
            highOther = Sse.UnpackHigh(c, d);
        return (Sse.MoveLowToHigh(low, lowOther), Sse.MoveHighToLow(lowOther, low), Sse.MoveLowToHigh(high, highOther),
            Sse.MoveHighToLow(highOther, high));
    }

    private static void CopyRow(uint* from, uint* to)
    {
        Vector256<uint> a = Vector256.Load(from), b = Vector256.Load(from + 8), c = Vector256.Load(from + 16),
            d = Vector256.Load(from + 24);
        a.Store(to);
        b.Store(to + 8);
        c.Store(to + 16);
        d.Store(to + 24);
    }

    public static void Update(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        PtxModifiers m = detail.Instruction.Modifiers;
        int bytes = operation->Bytes;
        byte** pointers = Resolve(warp, operation, mask, Addresses(warp, operation, mask), bytes, FaultAccess.Atomic,
            (PtxSpace)operation->D, true);
        if (operation->Tracks || warp.Poison.Lanes != 0)
            PoisonTransfers.Update(warp, operation, detail, bytes, mask, pointers);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong old = Read(pointers[lane], bytes, PtxType.B64), value = LaneOperations.Read(warp.Frame, detail.Sources[0], lane);
            ulong other = m.Operation == PtxOperation.Cas ? LaneOperations.Read(warp.Frame, detail.Sources[1], lane) : 0;
            Write(pointers[lane], bytes, Updated(m, old, value, other));
            if (detail.Results.Length > 0)
                LaneOperations.Write(warp.Frame, detail.Results[0], lane, old);
        }

        ReportSuspects(warp);
    }

    public static void CopyAsync(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        int bytes = (int)LaneOperations.Read(warp.Frame, detail.Sources[1], 0);
        ulong* to = Addresses(warp, operation, mask), from = warp.Addresses + 32;
        byte** targets = Resolve(warp, operation, mask, to, bytes, FaultAccess.Write, PtxSpace.Shared, false, copies: true);
        byte** kept = stackalloc byte*[32];
        new Span<nint>(targets, 32).CopyTo(new Span<nint>(kept, 32));
        Place source = detail.Sources[0];
        if (source.Width == 8)
            AddTo((ulong*)(warp.Frame + source.Offset), (ulong)operation->C, from);
        else
            AddTo((uint*)(warp.Frame + source.Offset), (uint)operation->C, from);
        int* sizes = stackalloc int[32];
        uint reads = 0, whole = mask;
        if (detail.Sources.Length > 2)
        {
            whole = 0;
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                ulong given = LaneOperations.Read(warp.Frame, detail.Sources[2], lane);
                sizes[lane] = detail.Sources[2].Width == 0 ? given != 0 ? 0 : bytes : (int)Math.Min(given, (ulong)bytes);
                whole |= sizes[lane] == bytes ? 1u << lane : 0;
                reads |= sizes[lane] > 0 ? 1u << lane : 0;
            }

            reads &= ~whole;
        }

        // Lanes are grouped by the bytes that they read, those of the first lane that reads first.
        while ((whole | reads) != 0)
        {
            int first = BitOperations.TrailingZeroCount(whole | reads);
            if ((whole >> first & 1) != 0)
            {
                Copy(kept, Resolve(warp, operation, whole, from, bytes, FaultAccess.Read, PtxSpace.Global, false), whole, bytes);
                PoisonTransfers.Copy(warp, kept);
                whole = 0;
                continue;
            }

            uint alike = 0;
            for (uint each = reads; each != 0; each &= each - 1)
            {
                int lane = BitOperations.TrailingZeroCount(each);
                alike |= sizes[lane] == sizes[first] ? 1u << lane : 0;
            }

            byte** sources = Resolve(warp, operation, alike, from, sizes[first], FaultAccess.Read, PtxSpace.Global, false);
            PoisonTransfers.Copy(warp, kept);
            for (uint each = alike; each != 0; each &= each - 1)
            {
                int lane = BitOperations.TrailingZeroCount(each);
                Buffer.MemoryCopy(sources[lane], kept[lane], bytes, sizes[first]);
            }

            reads &= ~alike;
        }

        if (detail.Sources.Length <= 2)
            return;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (sizes[lane] < bytes)
                new Span<byte>(kept[lane] + sizes[lane], bytes - sizes[lane]).Clear();
        }
    }

    private static void Copy(byte** to, byte** from, uint mask, int bytes)
    {
        if (bytes == 16)
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                Vector128.Load(from[lane]).Store(to[lane]);
            }

            return;
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            for (int i = 0; i < bytes; i += 4)
                *(uint*)(to[lane] + i) = *(uint*)(from[lane] + i);
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
            AddTo((ulong*)(warp.Frame + operation->A), offset, addresses);
        }
        else
        {
            AddTo((uint*)(warp.Frame + operation->A), (uint)offset, addresses);
        }

        return addresses;
    }

    private static void AddTo(ulong* row, ulong offset, ulong* sums)
    {
        for (int i = 0; i < 32; i += 4)
            (Vector256.Load(row + i) + Vector256.Create(offset)).Store(sums + i);
    }

    /// <summary>Sums of 32 bits, which wrap around.</summary>
    private static void AddTo(uint* row, uint offset, ulong* sums)
    {
        for (int i = 0; i < 32; i += 8)
        {
            (Vector256<ulong> low, Vector256<ulong> high) = Vector256.Widen(Vector256.Load(row + i) + Vector256.Create(offset));
            low.Store(sums + i);
            high.Store(sums + i + 4);
        }
    }

    /// <summary>Checks and counts an access of the lanes; returns the host's addresses of their bytes.</summary>
    public static byte** Resolve(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access,
        PtxSpace space, bool strong, bool copies = false)
    {
        byte** pointers = (byte**)(warp.Addresses + 64);
        AccessExtent extent = AccessExtent.Compute(addresses, mask, bytes);
        warp.Layout = extent.Layout;
        warp.Poison.Lanes = 0;
        if (BitOperations.IsPow2(bytes) && (extent.AnyBits & (ulong)(bytes - 1)) != 0)
        {
            uint wrong = SelectLanes(mask, addresses, address => (address & (ulong)(bytes - 1)) != 0);
            int lane = BitOperations.TrailingZeroCount(wrong);
            throw warp.Fault(
                FaultKind.Misaligned, operation->Site, wrong,
                new FaultMemory(access, space, addresses[lane], bytes, FindNearest(warp, space, addresses[lane])),
                $"the address must be a multiple of {bytes}");
        }

        if (space == PtxSpace.Generic && extent.AnyBits < Warp.SharedWindow)
            space = PtxSpace.Global;
        switch (space)
        {
            case PtxSpace.Generic:
                Generic(warp, operation, mask, addresses, bytes, access, strong, copies, pointers);
                break;
            case PtxSpace.Shared:
                Shared(warp, operation, mask, extent, addresses, bytes, access, strong, copies, pointers);
                break;
            case PtxSpace.Local:
                Local(warp, operation, mask, addresses, bytes, access, pointers);
                // Each lane has its own stack.
                warp.Layout = AccessLayout.Scattered;
                break;
            default:
                Global(warp, operation, mask, extent, addresses, bytes, access, space, pointers);
                break;
        }

        return pointers;
    }

    private static void Generic(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access, bool strong,
        bool copies, byte** pointers)
    {
        uint shared = SelectLanes(mask, addresses, address => Warp.SpaceOf(address) == PtxSpace.Shared),
            local = SelectLanes(mask, addresses, address => Warp.SpaceOf(address) == PtxSpace.Local);
        for (uint rest = shared | local; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            addresses[lane] &= (1UL << 24) - 1;
        }

        // Each space fills the whole row of pointers, so only those of its own lanes are kept.
        byte** found = stackalloc byte*[32];
        if ((mask & ~shared & ~local) is not 0 and uint global)
        {
            Global(warp, operation, global, AccessExtent.Compute(addresses, global, bytes), addresses, bytes, access, PtxSpace.Global,
                pointers);
            Keep(global, pointers, found);
        }

        if (shared != 0)
        {
            Shared(warp, operation, shared, AccessExtent.Compute(addresses, shared, bytes), addresses, bytes, access, strong, copies,
                pointers);
            Keep(shared, pointers, found);
        }

        if (local != 0)
        {
            Local(warp, operation, local, addresses, bytes, access, pointers);
            Keep(local, pointers, found);
        }

        Keep(mask, found, pointers);
        // Pointers to several spaces are not a row, whatever the addresses were.
        warp.Layout = AccessLayout.Scattered;
    }

    private static void Keep(uint mask, byte** from, byte** to)
    {
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            to[lane] = from[lane];
        }
    }

    /// <summary>After a store: reports races that changed the memory.</summary>
    public static void ReportSuspects(Warp warp)
    {
        BlockRunner runner = warp.Runner;
        if (runner.Watch.HasSuspects
            && runner.Watch.ReportSuspects(new ReadOnlySpan<byte>(runner.Shared, runner.Launch.SharedBytes)) is { } fault)
            throw Warp.Fault(fault);
    }

    private static void Global(Warp warp, Operation* operation, uint mask, in AccessExtent extent, ulong* addresses, int bytes,
        FaultAccess access, PtxSpace space, byte** pointers)
    {
        BlockRunner runner = warp.Runner;
        bool checks = access != FaultAccess.Write && (runner.Launch.Device.Options.Checks & FaultChecks.UninitialisedGlobal) != 0;
        Allocation? last = warp.Last;
        ulong span = extent.Highest - extent.Lowest + (ulong)bytes;
        if (extent.IsBounded && FindAllocation(warp, last, extent.Lowest, span) is { } whole
            && !(whole.IsConstant && access != FaultAccess.Read)
            && (!checks || whole.Initialised.IsComplete
                || (span <= MaxSpan && whole.Initialised.AreAll(extent.Lowest - whole.Address, span))))
        {
            warp.Last = whole;
            AddTo(addresses, (ulong)whole.Host - whole.Address, (ulong*)pointers);
            if (access != FaultAccess.Read && !whole.Initialised.IsComplete)
                Mark(whole, extent, mask, addresses, bytes);
            if (space != PtxSpace.Const)
                Count(runner, operation, addresses, mask, bytes, access, extent.Layout);
            return;
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong address = addresses[lane];
            Allocation found = FindAllocation(warp, last, address, (ulong)bytes)
                ?? throw OutOfBounds(warp, operation, rest, address, bytes, access, space);
            last = found;
            if (found.IsConstant && access != FaultAccess.Read)
                throw warp.Fault(FaultKind.WriteToConstant, operation->Site, rest,
                    new FaultMemory(access, PtxSpace.Const, address, bytes, found.Describe()));
            ulong at = address - found.Address;
            if (checks && !found.Initialised.AreAll(at, (ulong)bytes))
                NoteGlobal(warp, operation->Site, lane, found, at, bytes, access);
            if (access != FaultAccess.Read)
                found.Initialised.Mark(at, (ulong)bytes);
            pointers[lane] = found.Host + at;
        }

        // A row may end in another allocation than it started in, whose bytes are elsewhere on the host.
        warp.Layout = AccessLayout.Scattered;
        warp.Last = last;
        if (space != PtxSpace.Const)
            Count(runner, operation, addresses, mask, bytes, access, AccessLayout.Scattered);
    }

    /// <summary>A lane reads bytes from an offset of an allocation, some of which are uninitialised.</summary>
    private static void NoteGlobal(Warp warp, int site, int lane, Allocation allocation, ulong at, int bytes, FaultAccess access)
    {
        uint which = 0;
        for (int i = 0; i < bytes; i++)
            which |= allocation.Initialised.AreAll(at + (ulong)i, 1) ? 0 : 1u << i;
        ulong address = allocation.Address + at + (ulong)BitOperations.TrailingZeroCount(which);
        warp.Poison.Note(lane, which, warp.Runner.Origins.OfRead(
            FaultKind.UninitialisedGlobal, site, address,
            () => new FaultMemory(access, PtxSpace.Global, address, bytes, allocation.Describe())));
    }

    private static void Mark(Allocation allocation, in AccessExtent extent, uint mask, ulong* addresses, int bytes)
    {
        if (extent.Layout != AccessLayout.Scattered)
        {
            allocation.Initialised.Mark(extent.Lowest - allocation.Address, extent.Highest - extent.Lowest + (ulong)bytes);
            return;
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
            allocation.Initialised.Mark(addresses[BitOperations.TrailingZeroCount(rest)] - allocation.Address, (ulong)bytes);
    }

    private static void Count(BlockRunner runner, Operation* operation, ulong* addresses, uint mask, int bytes, FaultAccess access,
        AccessLayout layout)
    {
        if (runner.Profile.Sites.Accesses[operation->Site] < 0)
            return;
        bool loads = access != FaultAccess.Write, stores = access != FaultAccess.Read;
        if (layout == AccessLayout.Row)
            runner.Profile.CountGlobalRow(operation->Site, addresses[0], bytes * 32, loads, stores);
        else if (layout == AccessLayout.Uniform && BitOperations.IsPow2(bytes))
            runner.Profile.CountGlobalPlace(operation->Site, addresses[BitOperations.TrailingZeroCount(mask)], bytes,
                BitOperations.PopCount(mask), loads, stores);
        else
            runner.Profile.CountGlobal(operation->Site, new ReadOnlySpan<ulong>(addresses, 32), mask, bytes, loads, stores);
    }

    private static Allocation? FindAllocation(Warp warp, Allocation? last, ulong address, ulong bytes)
    {
        if (last is not null && last.Holds(address, bytes))
            return last;
        Allocation? found = warp.Runner.Launch.Device.Memory.Find(address);
        return found is not null && found.Holds(address, bytes) ? found : null;
    }

    private static EmulatorException OutOfBounds(
        Warp warp, Operation* operation, uint mask, ulong address, int bytes, FaultAccess access, PtxSpace space)
    {
        Allocation? near = warp.Runner.Launch.Device.Memory.Find(address) is { IsFreed: true } freed
            && address - freed.Address < freed.Bytes ? freed : warp.Runner.Launch.Device.Memory.Nearest(address);
        bool isFreed = near is { IsFreed: true } && address >= near.Address && address - near.Address < near.Bytes
            && (warp.Runner.Launch.Device.Options.Checks & FaultChecks.UseAfterFree) != 0;
        return warp.Fault(isFreed
            ? FaultKind.UseAfterFree
                : FaultKind.OutOfBounds, operation->Site, mask, new FaultMemory(access, space, address, bytes, near?.Describe()));
    }

    private static void Shared(Warp warp, Operation* operation, uint mask, in AccessExtent extent, ulong* addresses, int bytes,
        FaultAccess access, bool strong, bool copies, byte** pointers)
    {
        BlockRunner runner = warp.Runner;
        ulong size = (ulong)runner.Launch.SharedBytes;
        if (!extent.IsBounded || extent.Highest > size || size - extent.Highest < (ulong)bytes)
        {
            uint wrong = SelectLanes(mask, addresses, address => address > size || size - address < (ulong)bytes);
            ulong address = addresses[BitOperations.TrailingZeroCount(wrong)];
            throw warp.Fault(FaultKind.OutOfBounds, operation->Site, wrong,
                new FaultMemory(access, PtxSpace.Shared, address, bytes, runner.Watch.SharedAllocation(address)));
        }

        AddTo(addresses, (ulong)runner.Shared, (ulong*)pointers);
        ReadOnlySpan<ulong> row = new(addresses, 32);
        if (runner.Profile.Sites.Accesses[operation->Site] >= 0)
        {
            if (mask == uint.MaxValue && extent.Layout != AccessLayout.Scattered && bytes is 4 or 8 or 16)
                runner.Profile.CountSharedRow(operation->Site, bytes);
            else
                runner.Profile.CountShared(operation->Site, row, mask, bytes);
        }

        PoisonedBytes poisoned = runner.Poisoned;
        if (access == FaultAccess.Atomic)
            NoteShared(warp, operation->Site, mask, addresses, bytes, access);
        if (access != FaultAccess.Read && poisoned.Any)
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
                poisoned.Clear((long)addresses[BitOperations.TrailingZeroCount(rest)], bytes);
        }

        if (!runner.Watch.WatchesShared)
        {
            if (access == FaultAccess.Read && poisoned.Any)
                NoteShared(warp, operation->Site, mask, addresses, bytes, access);
            return;
        }

        FaultReport? fault = copies ? runner.Watch.Copy(operation->Site, warp.Index, mask, row, bytes)
            : access == FaultAccess.Read ? runner.Watch.Read(operation->Site, warp.Index, mask, row, bytes, strong)
            : access == FaultAccess.Atomic || strong ? runner.Watch.Update(operation->Site, warp.Index, mask, row, bytes)
            : runner.Watch.Write(operation->Site, warp.Index, mask, row, bytes,
                new ReadOnlySpan<byte>(runner.Shared, runner.Launch.SharedBytes));
        if (fault is not null)
            throw Warp.Fault(fault);
        if (access == FaultAccess.Read && (poisoned.Any || runner.Watch.FoundUnwritten))
            NoteShared(warp, operation->Site, mask, addresses, bytes, access);
    }

    /// <summary>Lanes read shared memory that no thread of the block has written, or that holds poison.</summary>
    private static void NoteShared(Warp warp, int site, uint mask, ulong* addresses, int bytes, FaultAccess access)
    {
        BlockRunner runner = warp.Runner;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong address = addresses[lane];
            uint unwritten = runner.Watch.Unwritten(address, bytes), poisoned = runner.Poisoned.Find((long)address, bytes, out int origin);
            if ((unwritten | poisoned) == 0)
                continue;
            ulong first = address + (ulong)BitOperations.TrailingZeroCount(unwritten);
            warp.Poison.Note(lane, unwritten | poisoned, poisoned != 0 ? origin : runner.Origins.OfRead(
                FaultKind.UninitialisedShared, site, first,
                () => new FaultMemory(access, PtxSpace.Shared, first, Math.Min(bytes, 4), runner.Watch.SharedAllocation(first))));
        }
    }

    private static void Local(Warp warp, Operation* operation, uint mask, ulong* addresses, int bytes, FaultAccess access, byte** pointers)
    {
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (addresses[lane] > (ulong)warp.LocalStride || (ulong)warp.LocalStride - addresses[lane] < (ulong)bytes)
                throw warp.Fault(FaultKind.OutOfBounds, operation->Site, rest,
                    new FaultMemory(access, PtxSpace.Local, addresses[lane], bytes,
                    new FaultAllocation(0, (ulong)warp.LocalStride, "(stack)", false)));
            pointers[lane] = warp.Local + (long)lane * warp.LocalStride + addresses[lane];
            if (warp.Poison.Local is not { Any: true } poisoned)
                continue;
            long at = pointers[lane] - warp.Local;
            if (access != FaultAccess.Write && poisoned.Find(at, bytes, out int origin) is not 0 and uint which)
                warp.Poison.Note(lane, which, origin);
            if (access != FaultAccess.Read)
                poisoned.Clear(at, bytes);
        }
    }

    private static FaultAllocation? FindNearest(Warp warp, PtxSpace space, ulong address) => space switch
    {
        PtxSpace.Shared => warp.Runner.Watch.SharedAllocation(address),
        PtxSpace.Local or PtxSpace.Param => null,
        _ => warp.Runner.Launch.Device.Memory.Nearest(address)?.Describe(),
    };

    private static uint SelectLanes(uint mask, ulong* addresses, Func<ulong, bool> condition)
    {
        uint found = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            found |= condition(addresses[lane]) ? 1u << lane : 0;
        }

        return found;
    }

    /// <summary>Whether the access is volatile, relaxed, acquire or the like.</summary>
    public static bool IsStrong(PtxInstruction instruction)
        => instruction.Modifiers.Order is not (PtxMemoryOrder.None or PtxMemoryOrder.Weak);

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
            _ when FloatFunctions.IsFloat(type) =>
                FloatFunctions.FromDouble(FloatFunctions.ToDouble(old, type) + FloatFunctions.ToDouble(value, type), 0, type,
                PtxRounding.Rn),
            _ => old + value,
        };
    }

    private static ulong Half(PtxType type, ulong a, ulong b)
    {
        PtxType half = type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16;
        return FloatFunctions.FromDouble(FloatFunctions.ToDouble(a & 0xffff, half) + FloatFunctions.ToDouble(b & 0xffff, half), 0, half,
            PtxRounding.Rn);
    }
}
