using System.Numerics;
using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// What a warp knows of poison, values that come from what nobody has written. Each register has a word of lanes that hold any in the
/// frame, and before the frame the number of the origin for each lane; what the last access to memory found is here, until it is put there.
/// </summary>
internal sealed unsafe class WarpPoison(Warp warp)
{
    /// <summary>Bytes of the numbers of a register's origins, one for each lane, 0 for the register itself.</summary>
    public const int OriginBytes = 32 * sizeof(int);

    /// <summary>Lanes whose last access reached bytes that nobody has written.</summary>
    public uint Lanes { get; set; }

    /// <summary>For each of those lanes a bit for each such byte.</summary>
    public uint[] Bytes { get; } = new uint[32];

    /// <summary>For each of those lanes the number of the origin.</summary>
    public int[] Origins { get; } = new int[32];

    /// <summary>
    /// Of the stacks of all lanes, one after the other as in <see cref="Warp.Local"/>; null until poison is stored there.
    /// </summary>
    public PoisonedBytes? Local { get; private set; }

    private PoisonOrigins Known => warp.Runner.Origins;

    public void Begin()
    {
        Lanes = 0;
        Local?.Begin();
    }

    /// <summary>A lane's access reached bytes that nobody has written.</summary>
    public void Note(int lane, uint bytes, int origin)
    {
        (Bytes[lane], Origins[lane]) = (bytes, origin);
        Lanes |= 1u << lane;
    }

    public PoisonedBytes StackBytes() => Local ??= new(32L * warp.LocalStride);

    /// <summary>The number of the origin of the poison that a register of the running function holds in a lane.</summary>
    public int OriginOf(Place register, int lane) => OriginIn(warp.Frame, register, lane);

    /// <summary>Likewise in a frame, of the running function or of one that waits.</summary>
    public int OriginIn(byte* frame, Place register, int lane)
    {
        int number = ((int*)(frame + register.Origins))[lane];
        return number != 0 ? number : Known.OfRegister(warp.RegisterName(frame, register));
    }

    /// <summary>A fault of the first lane of the mask: poison decides something.</summary>
    /// <param name="site">The instruction that it decides.</param>
    /// <param name="lanes">Those whose values it is.</param>
    /// <param name="origin">Where it came from, by number.</param>
    /// <param name="what">It decides: the subject of a sentence.</param>
    public EmulatorException Fault(int site, uint lanes, int origin, string what)
    {
        PoisonOrigin from = Known[origin];
        string source = from.Register is null ? "what nobody has written" : $"register {from.Register}";
        string detail = $"{what} comes from {source}, in {BitOperations.PopCount(lanes)} lanes of the warp";
        FaultReport report = warp.Runner.Watch.Report(
            from.Kind, site, warp.Index * 32 + BitOperations.TrailingZeroCount(lanes), from.Memory, detail);
        return Warp.Fault(from.Site < 0 || from.Site == site ? report : report with { Origin = warp.Runner.Watch.Place(from.Site) });
    }
}
