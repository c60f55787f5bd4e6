using System.Numerics;
using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// A warp's record of poison, values that are derived from uninitialised storage. Each register has a word of lanes that hold poison in the
/// frame, and before the frame the number of the origin for each lane; the poison that the last access to memory found is stored here until
/// it is assigned to a register.
/// </summary>
internal sealed unsafe class WarpPoison(Warp warp)
{
    /// <summary>Bytes for the numbers of a register's origins, one for each lane, 0 for the register itself.</summary>
    public const int OriginBytes = 32 * sizeof(int);

    /// <summary>Lanes whose last access read uninitialised bytes.</summary>
    public uint Lanes { get; set; }

    /// <summary>For each of those lanes, a bit for each such byte.</summary>
    public uint[] Bytes { get; } = new uint[32];

    /// <summary>For each of those lanes, the number of the origin.</summary>
    public int[] Origins { get; } = new int[32];

    /// <summary>
    /// The poison in the stacks of all lanes, one after the other as in <see cref="Warp.Local"/>; null until poison is stored there.
    /// </summary>
    public PoisonedBytes? Local { get; private set; }

    private PoisonOrigins Known => warp.Runner.Origins;

    public void Begin()
    {
        Lanes = 0;
        Local?.Begin();
    }

    /// <summary>Records that a lane's access read uninitialised bytes.</summary>
    public void Note(int lane, uint bytes, int origin)
    {
        (Bytes[lane], Origins[lane]) = (bytes, origin);
        Lanes |= 1u << lane;
    }

    public PoisonedBytes StackBytes() => Local ??= new(32L * warp.LocalStride);

    /// <summary>The number of the origin of the poison that a register of the running function holds in a lane.</summary>
    public int OriginOf(Place register, int lane) => OriginIn(warp.Frame, register, lane);

    /// <summary>The same in a frame, of the running function or of a caller.</summary>
    public int OriginIn(byte* frame, Place register, int lane)
    {
        int number = ((int*)(frame + register.Origins))[lane];
        return number != 0 ? number : Known.OfRegister(warp.RegisterName(frame, register));
    }

    /// <summary>The exception for a fault of the first lane of the mask: poison decides something.</summary>
    /// <param name="site">The instruction that is decided.</param>
    /// <param name="lanes">The lanes whose values decide it.</param>
    /// <param name="origin">The number of the poison's origin.</param>
    /// <param name="what">What decides it: the subject of a sentence.</param>
    public EmulatorException Fault(int site, uint lanes, int origin, string what)
    {
        PoisonOrigin from = Known[origin];
        string source = from.Register is null ? "uninitialised memory" : $"register {from.Register}";
        string detail = $"{what} comes from {source}, in {BitOperations.PopCount(lanes)} lanes of the warp";
        FaultReport report = warp.Runner.Watch.Report(
            from.Kind, site, warp.Index * 32 + BitOperations.TrailingZeroCount(lanes), from.Memory, detail);
        return Warp.Fault(from.Site < 0 || from.Site == site ? report : report with { Origin = warp.Runner.Watch.Place(from.Site) });
    }
}
