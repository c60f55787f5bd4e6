using System.Numerics;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Stack memory whose size is known only at run time: <c>alloca</c>, <c>stacksave</c>, <c>stackrestore</c>. Each thread has its own, above
/// its function's variables.
/// </summary>
internal static unsafe class StackOperations
{
    /// <summary><c>alloca</c>; Immediate is the alignment.</summary>
    public static void Allocate(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong bytes = LaneOperations.Read(warp.Frame, detail.Sources[0], lane);
            LaneOperations.Write(warp.Frame, detail.Results[0], lane,
                warp.AllocateOnStack(operation->Site, lane, bytes, operation->Immediate));
        }
    }

    public static void Save(Warp warp, Operation* operation, uint mask)
    {
        Place result = warp.Details[operation->Extra].Results[0];
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            LaneOperations.Write(warp.Frame, result, lane, (ulong)warp.StackTop(lane));
        }
    }

    public static void Restore(Warp warp, Operation* operation, uint mask)
    {
        Place saved = warp.Details[operation->Extra].Sources[0];
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            warp.SetStackTop(operation->Site, lane, LaneOperations.Read(warp.Frame, saved, lane));
        }
    }
}
