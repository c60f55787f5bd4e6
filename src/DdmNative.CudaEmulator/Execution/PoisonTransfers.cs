using System.Numerics;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Propagates poison between registers and memory. In shared and local memory it is recorded; a store to global memory decides the kernel's
/// output and is a fault.
/// </summary>
internal static unsafe class PoisonTransfers
{
    private const string Stored = "the value stored in global memory";

    /// <summary>
    /// After a load: marks the registers, each with the given number of bytes of each lane in turn, as poison if their bytes are
    /// uninitialised.
    /// </summary>
    public static void Load(Warp warp, Operation* operation, ReadOnlySpan<Place> results, int bytes, uint mask)
    {
        for (int i = 0; i < results.Length; i++)
            Put(warp, operation, results[i], (1u << bytes) - 1 << i * bytes, mask);
    }

    /// <summary>Before a store, when its addresses are known: marks the bytes that poison is stored to.</summary>
    public static void Store(Warp warp, Operation* operation, ReadOnlySpan<Place> sources, int bytes, uint mask, byte** pointers)
    {
        for (int i = 0; i < sources.Length; i++)
            Mark(warp, operation, PoisonOperations.Lanes(warp, sources[i]) & mask, pointers, i * bytes, bytes, sources[i]);
    }

    /// <summary>
    /// An atomic operation: the old value goes to the result; the new value in memory depends on both, but for an exchange only on the new
    /// operand.
    /// </summary>
    public static void Update(Warp warp, Operation* operation, Detail detail, int bytes, uint mask, byte** pointers)
    {
        uint old = warp.Poison.Lanes & mask;
        if (detail.Instruction.Modifiers.Operation != PtxOperation.Exch)
        {
            for (uint rest = old; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                MarkOne(warp, operation, old, lane, pointers[lane], warp.Poison.Bytes[lane], warp.Poison.Origins[lane]);
            }
        }

        foreach (Place source in detail.Sources)
            Mark(warp, operation, PoisonOperations.Lanes(warp, source) & mask, pointers, 0, bytes, source);
        Load(warp, operation, detail.Results, bytes, mask);
    }

    /// <summary>After the source of an asynchronous copy was read, whose lanes copy the given number of bytes.</summary>
    public static void Copy(Warp warp, byte** targets)
    {
        for (uint rest = warp.Poison.Lanes; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            warp.Runner.Poisoned.Set(targets[lane] - warp.Runner.Shared, warp.Poison.Bytes[lane], warp.Poison.Origins[lane]);
        }
    }

    /// <summary><c>ldmatrix</c>: lane 8 i + r read row r of matrix i, and each lane gets two elements of 16 bits of each matrix.</summary>
    public static void LoadMatrices(Warp warp, Operation* operation, Detail detail, bool transposed)
    {
        uint found = warp.Poison.Lanes;
        uint[] bytes = [.. warp.Poison.Bytes];
        int[] origins = [.. warp.Poison.Origins];
        for (int i = 0; i < detail.Results.Length; i++)
        {
            warp.Poison.Lanes = 0;
            for (int lane = 0; lane < 32 && found != 0; lane++)
            {
                for (int half = 0; half < 2; half++)
                {
                    (int row, int byteAt) = MatrixElement(lane, half, transposed);
                    int giver = 8 * i + row;
                    if ((found >> giver & 1) != 0 && (bytes[giver] >> byteAt & 3) != 0)
                        warp.Poison.Note(lane, 1, origins[giver]);
                }
            }

            Put(warp, operation, detail.Results[i], 1, uint.MaxValue);
        }

        warp.Poison.Lanes = 0;
    }

    /// <summary><c>stmatrix</c>, in the same way.</summary>
    public static void StoreMatrices(Warp warp, Operation* operation, Detail detail, byte** rows, bool transposed)
    {
        for (int i = 0; i < detail.Sources.Length; i++)
        {
            uint lanes = PoisonOperations.Lanes(warp, detail.Sources[i]);
            for (uint rest = lanes; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                for (int half = 0; half < 2; half++)
                {
                    (int row, int byteAt) = MatrixElement(lane, half, transposed);
                    MarkOne(warp, operation, lanes, lane, rows[8 * i + row] + byteAt, 3, warp.Poison.OriginOf(detail.Sources[i], lane));
                }
            }
        }
    }

    /// <summary>
    /// Loads 32 elements of a wmma fragment, one of each lane, into a register. The first elements of a register replace its poison
    /// (<paramref name="isFirst"/>), further ones add to it.
    /// </summary>
    public static void LoadElements(Warp warp, Operation* operation, Place register, bool isFirst) =>
        Put(warp, operation, register, uint.MaxValue, isFirst ? uint.MaxValue : warp.Poison.Lanes);

    /// <summary>A call passes a value, or returns one.</summary>
    public static void Transfer(
        Warp warp, uint mask, byte* fromFrame, long fromBase, CallSlot from, byte* toFrame, long toBase, CallSlot to)
    {
        bool isRegister = !from.IsOnStack && from.Register.Poison != 0;
        uint lanes = isRegister ? *(uint*)(fromFrame + from.Register.Poison) & mask : 0;
        bool overwrites = !to.IsOnStack && to.Register.Poison != 0 && (*(uint*)(toFrame + to.Register.Poison) & mask) != 0;
        if (lanes == 0 && !overwrites && warp.Poison.Local is not { Any: true })
            return;
        int bytes = Math.Min(from.Bytes, to.Bytes);
        uint reached = 0;
        Span<int> origins = stackalloc int[32];
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            long stack = (long)lane * warp.LocalStride;
            bool isPoison = (lanes >> lane & 1) != 0;
            for (int i = 0; i < bytes; i += 32)
            {
                int part = Math.Min(32, bytes - i), origin = isPoison ? warp.Poison.OriginIn(fromFrame, from.Register, lane) : 0;
                uint which = isPoison ? uint.MaxValue >> 32 - part : 0;
                if (from.IsOnStack && warp.Poison.Local is { } local)
                    which = local.Find(stack + fromBase + from.StackOffset + i, part, out origin);
                if (to.IsOnStack)
                    warp.Poison.Local?.Clear(stack + toBase + to.StackOffset + i, part);
                if (which == 0)
                    continue;
                reached |= 1u << lane;
                origins[lane] = origin;
                if (to.IsOnStack)
                    warp.Poison.StackBytes().Set(stack + toBase + to.StackOffset + i, which, origin);
            }
        }

        if (!to.IsOnStack)
            PoisonOperations.Put(toFrame, to.Register, mask, reached, origins);
        if (reached != 0)
            warp.SpreadPoison(null);
    }

    private static void Put(Warp warp, Operation* operation, Place result, uint bytes, uint mask)
    {
        uint poison = 0;
        for (uint rest = warp.Poison.Lanes & mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            poison |= (warp.Poison.Bytes[lane] & bytes) != 0 ? 1u << lane : 0;
        }

        PoisonOperations.Put(warp.Frame, result, mask, poison, warp.Poison.Origins);
        if (poison != 0)
            warp.SpreadPoison(operation);
    }

    private static void Mark(Warp warp, Operation* operation, uint lanes, byte** pointers, int offset, int bytes, Place source)
    {
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            MarkOne(warp, operation, lanes, lane, pointers[lane] + offset, (1u << bytes) - 1, warp.Poison.OriginOf(source, lane));
        }
    }

    private static void MarkOne(Warp warp, Operation* operation, uint lanes, int lane, byte* place, uint bytes, int origin)
    {
        BlockRunner runner = warp.Runner;
        if (place >= runner.Shared && place < runner.Shared + runner.Launch.SharedBytes)
            runner.Poisoned.Set(place - runner.Shared, bytes, origin);
        else if (place >= warp.Local && place < warp.Local + 32L * warp.LocalStride)
            warp.Poison.StackBytes().Set(place - warp.Local, bytes, origin);
        else
            throw warp.Poison.Fault(operation->Site, lanes & uint.MaxValue << lane, origin, Stored);
    }

    /// <summary>The row and the byte within it, in a matrix of 8 × 8 elements of 16 bits, of each half of a lane's word.</summary>
    private static (int Row, int Byte) MatrixElement(int lane, int half, bool transposed)
    {
        (int group, int place) = (lane >> 2, 2 * (lane & 3) + half);
        return transposed ? (place, 2 * group) : (group, 2 * place);
    }
}
