using System.Numerics;
using System.Runtime.InteropServices;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Finds a part of a warp that waits by polling: it returns to an instruction with the same lanes, the same registers and local memory, and
/// has stored nothing in between. It will do so forever unless another thread writes the memory that it reads. The state that it is
/// compared with is renewed after 8, 16, 32 … segments (Brent's algorithm), so that the code before the loop does not matter.
/// </summary>
internal sealed unsafe class SpinWatch
{
    private const int FirstPeriod = 8, LongestPeriod = 256;

    private Activation? _activation;
    private int _where, _meet, _steps, _period;
    private uint _mask;
    private long _effects;
    private byte[] _known = [], _found = [];
    private int _knownBytes;

    /// <summary>Whether a state has been saved.</summary>
    public bool IsSet => _activation is not null;

    /// <summary>Whether the state has been renewed since <see cref="BeginTurn"/>: the part has not only repeated one loop.</summary>
    public bool HasMoved { get; private set; }

    public void Forget() => _activation = null;

    /// <summary>Starts a turn of the part.</summary>
    public void BeginTurn() => HasMoved = false;

    /// <summary>Saves the state of the warp's top part for later comparisons.</summary>
    public void Begin(Warp warp, Activation at)
    {
        _period = FirstPeriod;
        Renew(warp, at);
    }

    /// <summary>Called after each segment: whether the warp's top part has returned to the saved state.</summary>
    public bool IsBack(Warp warp, Activation at)
    {
        if (Matches(warp, at))
        {
            _steps = 0;
            return true;
        }

        if (++_steps >= _period)
        {
            _period = Math.Min(2 * _period, LongestPeriod);
            Renew(warp, at);
        }

        return false;
    }

    /// <summary>Whether the warp's top part is at the saved instruction in the saved state.</summary>
    public bool Matches(Warp warp, Activation at)
    {
        ref Part top = ref at.Top;
        if (!ReferenceEquals(at, _activation) || (top.Where, top.Meet, top.Mask, warp.Effects) != (_where, _meet, _mask, _effects))
            return false;
        int bytes = Read(warp, at, top.Mask, ref _found);
        return bytes == _knownBytes && _found.AsSpan(0, bytes).SequenceEqual(_known.AsSpan(0, bytes));
    }

    private void Renew(Warp warp, Activation at)
    {
        (_activation, _where, _meet, _mask, _effects) = (at, at.Top.Where, at.Top.Meet, at.Top.Mask, warp.Effects);
        (_steps, HasMoved) = (0, true);
        _knownBytes = Read(warp, at, _mask, ref _known);
    }

    /// <summary>Copies the registers and stacks of some lanes, one after the other; returns the number of bytes.</summary>
    private static int Read(Warp warp, Activation at, uint mask, ref byte[] state)
    {
        int lanes = BitOperations.PopCount(mask), bytes = 0;
        long most = lanes * 8L * at.Function.Registers.Count;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            most += warp.StackTop(BitOperations.TrailingZeroCount(rest));
        if (state.Length < most)
            state = new byte[most];
        fixed (byte* to = state)
        {
            foreach (Place place in at.Function.Registers)
            {
                byte* row = warp.Frame + place.Offset;
                if (place.Width == 0)
                {
                    *(uint*)(to + bytes) = *(uint*)row & mask;
                    bytes += 4;
                }
                else if (mask == uint.MaxValue)
                {
                    NativeMemory.Copy(row, to + bytes, (nuint)(32 * place.Width));
                    bytes += 32 * place.Width;
                }
                else
                {
                    for (uint rest = mask; rest != 0; rest &= rest - 1)
                    {
                        int lane = BitOperations.TrailingZeroCount(rest);
                        if (place.Width == 4)
                            *(uint*)(to + bytes) = ((uint*)row)[lane];
                        else
                            *(ulong*)(to + bytes) = ((ulong*)row)[lane];
                        bytes += place.Width;
                    }
                }
            }

            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                int stack = (int)warp.StackTop(lane);
                NativeMemory.Copy(warp.Local + (long)lane * warp.LocalStride, to + bytes, (nuint)stack);
                bytes += stack;
            }
        }

        return bytes;
    }
}
