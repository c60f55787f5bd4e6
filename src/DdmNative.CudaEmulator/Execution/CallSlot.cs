namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// The location of an argument, a parameter or a result: bytes on the stack of each thread, relative to the frame's base, or a row of
/// registers. An unused result has no location.
/// </summary>
internal readonly record struct CallSlot(int StackOffset, int Bytes, Place Register)
{
    public static CallSlot OnStack(int offset, ulong bytes) => new(offset, (int)bytes, default);

    public static CallSlot InRegister(Place place) => new(-1, Math.Max(1, place.Width), place);

    public bool IsOnStack => StackOffset >= 0;
}

/// <summary>The arguments and results of a call, in the caller's frame.</summary>
internal sealed record CallSite(CallSlot[] Arguments, CallSlot[] Results);

/// <summary>One of the functions that the lanes of a warp call in one instruction, and the lanes that call it.</summary>
internal readonly record struct CallWay(DecodedFunction Callee, uint Mask);

/// <summary>Copies values between the frames of two functions.</summary>
internal static unsafe class CallTransfer
{
    /// <summary>Copies a value of each lane. Frames are rows of registers, bases are bytes into each thread's stack.</summary>
    public static void Copy(Warp warp, uint mask, byte* fromFrame, long fromBase, CallSlot from, byte* toFrame, long toBase, CallSlot to)
    {
        if (from.Bytes == 0 || to.Bytes == 0)
            return;
        PoisonTransfers.Transfer(warp, mask, fromFrame, fromBase, from, toFrame, toBase, to);
        for (int lane = 0; lane < 32; lane++)
        {
            if ((mask >> lane & 1) == 0)
                continue;
            byte* stack = warp.Local + (long)lane * warp.LocalStride;
            if (from.IsOnStack && to.IsOnStack)
                Buffer.MemoryCopy(stack + fromBase + from.StackOffset, stack + toBase + to.StackOffset, to.Bytes,
                    Math.Min(from.Bytes, to.Bytes));
            else
                Write(warp, toFrame, toBase, to, lane, Read(warp, fromFrame, fromBase, from, lane));
        }
    }

    /// <summary>A value of up to 8 bytes in one lane.</summary>
    public static ulong Read(Warp warp, byte* frame, long stackBase, CallSlot from, int lane)
    {
        if (!from.IsOnStack)
            return LaneOperations.Read(frame, from.Register, lane);
        ulong value = 0;
        int bytes = Math.Min(8, from.Bytes);
        Buffer.MemoryCopy(warp.Local + (long)lane * warp.LocalStride + stackBase + from.StackOffset, &value, bytes, bytes);
        return value;
    }

    /// <summary>Writes such a value; does nothing if the slot has no location.</summary>
    public static void Write(Warp warp, byte* frame, long stackBase, CallSlot to, int lane, ulong value)
    {
        if (to.Bytes == 0)
            return;
        if (!to.IsOnStack)
        {
            LaneOperations.Write(frame, to.Register, lane, value);
            return;
        }

        int bytes = Math.Min(8, to.Bytes);
        Buffer.MemoryCopy(&value, warp.Local + (long)lane * warp.LocalStride + stackBase + to.StackOffset, bytes, bytes);
    }
}
