using System.Diagnostics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Consecutive calls over the same members and samples in which no tile needs another tile's results, so that each block of samples can go
/// through all of them while it is in the cache.
/// </summary>
internal sealed unsafe class CpuPhase(int members, int samples)
{
    /// <summary>Most slots a member's samples are cut into: the parallelism of one member, and the length of its gradients' fixed sum.</summary>
    private const int MaximumSlots = 16;

    /// <summary>Samples that make it worth summing and adding one more copy of the gradients.</summary>
    private const int SamplesPerSlot = 8;

    private readonly List<CpuCall> calls = [];
    private readonly HashSet<CpuTensor> written = [];
    private readonly HashSet<CpuTensor> summed = [];
    private GradientSum[]? gradients;
    private GradientAddition? sums;

    public int Members { get; } = members;

    public int Samples { get; } = samples;

    public IReadOnlyList<CpuCall> Calls => calls;

    public int Slots { get; } = Math.Clamp(samples / SamplesPerSlot, 1, MaximumSlots);

    /// <summary>The gradients that the calls sum. Fixed with the first look at it: a plan looks when all calls are in.</summary>
    public GradientSum[] Gradients => gradients ??= [.. calls.SelectMany(call => call.Gradients)];

    /// <summary>The adding up of the slots' gradients, as a profiler sees it.</summary>
    public IKernelCall Sums => sums ??= new GradientAddition(this);

    /// <summary>Samples that go through the calls together; chosen by the plan.</summary>
    public int BlockSamples { get; set; } = 1;

    public int LargestSlot => (Samples + Slots - 1) / Slots;

    /// <summary>Adds the call unless its tiles would have to wait for other tiles of this phase.</summary>
    public bool TryAdd(CpuCall call)
    {
        if (calls.Count > 0 && (call.Members != Members || call.Samples != Samples || call.Operands.Any(MustWait)))
            return false;
        calls.Add(call);
        written.UnionWith(call.Operands.Where(o => o.IsWritten).Select(o => o.Tensor));
        summed.UnionWith(call.Gradients.Select(g => g.Vector.Tensor));
        return true;
    }

    /// <summary>Runs the calls over one slot of one member, summing gradients into the slots of the workspace.</summary>
    public void RunSlot(Workspace workspace, int member, int slot, ITileObserver? observer)
    {
        (int first, int end) = (SlotStart(slot), SlotStart(slot + 1));
        foreach (GradientSum gradient in Gradients)
            if (!gradient.IsAssignedFirst)
                new Span<float>(gradient.Slot(workspace), gradient.Length).Clear();
        for (int begin = first; first < end; first += BlockSamples)
        {
            var tile = new Tile(workspace, member, first, Math.Min(BlockSamples, end - first), first == begin);
            foreach (CpuCall call in calls)
            {
                long started = Now(observer);
                call.Execute(tile);
                observer?.OnTile(new TileRun(call, workspace.Worker, member, first, tile.SampleCount, started, Now(observer)));
            }
        }
        foreach (CpuCall call in calls)
        {
            long started = Now(observer);
            call.EndSlot(workspace);
            observer?.OnTile(new TileRun(call, workspace.Worker, member, end, 0, started, Now(observer)));
        }
    }

    /// <summary>The time for an observer; none, and no cost, without one.</summary>
    public static long Now(ITileObserver? observer) => observer is null ? 0 : Stopwatch.GetTimestamp();

    private int SlotStart(int slot) => (int)((long)Samples * slot / Slots);

    private bool MustWait(CpuOperand operand)
        => summed.Contains(operand.Tensor) || (operand.IsReadWhole && written.Contains(operand.Tensor)) || (operand.IsWritten && ReadWholeBefore(operand.Tensor));

    private bool ReadWholeBefore(CpuTensor tensor)
        => calls.Exists(call => call.Operands.Any(o => o.IsReadWhole && o.Tensor == tensor));
}
