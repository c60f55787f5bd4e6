using System.Diagnostics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Consecutive calls over the same members and samples in which no tile needs another tile's results, so that each block of samples can go
/// through all of them while it is in the cache.
/// </summary>
internal sealed unsafe class CpuPhase(int members, int samples)
{
    /// <summary>
    /// The most slots that a member's samples are cut into: the parallelism of one member, and the number of terms of its gradients' sum.
    /// </summary>
    private const int MaximumSlots = 16;

    /// <summary>The fewest samples that make one more copy of the gradients worth its cost.</summary>
    private const int SamplesPerSlot = 8;

    /// <summary>
    /// The fewest samples of a block whose calls retain much. More of a convolution's images would push the block itself out of the
    /// last-level cache that the threads share.
    /// </summary>
    private const int SpreadSamples = 16;

    private readonly List<CpuCall> _calls = [];
    private readonly HashSet<CpuTensor> _written = [];
    private readonly HashSet<CpuTensor> _summed = [];
    private GradientSum[]? _gradients;
    private GradientAddition? _sums;

    public int Members { get; } = members;

    public int Samples { get; } = samples;

    public IReadOnlyList<CpuCall> Calls => _calls;

    public int Slots { get; } = SlotsOf(samples);

    /// <summary>The gradients that the calls sum. Computed at the first access, which a plan makes after it has added all calls.</summary>
    public GradientSum[] Gradients => _gradients ??= [.. _calls.SelectMany(call => call.Gradients)];

    /// <summary>The addition of the slots' gradients, as a profiler shows it.</summary>
    public IKernelCall Sums => _sums ??= new GradientAddition(this);

    /// <summary>Samples that go through the calls together. Set by <see cref="Arrange"/>.</summary>
    public int BlockSamples { get; private set; } = 1;

    /// <summary>The calls, cut into runs whose tiles have the same length. Set by <see cref="Arrange"/>.</summary>
    public CpuSegment[] Segments { get; private set; } = [];

    public int LargestSlot => (Samples + Slots - 1) / Slots;

    /// <summary>The number of slots that <paramref name="samples"/> samples of a member are cut into.</summary>
    public static int SlotsOf(int samples) => Math.Clamp(samples / SamplesPerSlot, 1, MaximumSlots);

    /// <summary>The first sample of a slot.</summary>
    public static int SlotStart(int samples, int slots, int slot) => (int)((long)samples * slot / slots);

    /// <summary>The samples of a call that works on parts of another kind, so that each part can be a slot of its own.</summary>
    public static int SamplesOf(int parts) => SamplesPerSlot * parts;

    /// <summary>The parts that begin in a tile of such a call.</summary>
    public static (int First, int End) PartsOf(in Tile tile)
        => ((tile.FirstSample + SamplesPerSlot - 1) / SamplesPerSlot, (tile.EndSample + SamplesPerSlot - 1) / SamplesPerSlot);

    /// <summary>Adds the call unless its tiles would have to wait for other tiles of this phase.</summary>
    public bool TryAdd(CpuCall call)
    {
        if (_calls.Count > 0 && (call.Members != Members || call.Samples != Samples || call.Operands.Any(MustWait)))
            return false;
        _calls.Add(call);
        _written.UnionWith(call.Operands.Where(o => o.IsWritten).Select(o => o.Tensor));
        _summed.UnionWith(call.Gradients.Select(g => g.Vector.Tensor));
        return true;
    }

    /// <summary>
    /// Chooses, after all calls were added, the samples of a block and of each segment's tiles. A block is as many samples as the
    /// second-level cache holds; if calls retain much, it is longer, so that a pass over the retained floats serves more samples: as many
    /// as fill half of the second-level cache, sixteen at least.
    /// </summary>
    public void Arrange(CpuCaches caches)
    {
        Segments = CpuSegment.Cut(_calls, caches);
        if (Array.Exists(Segments, segment => segment.KeepsMuch))
        {
            IEnumerable<CpuOperand> samples = _calls.SelectMany(call => call.Operands).Where(operand => !operand.IsReadWhole);
            long bytesPerSample = CpuSegment.BytesPerSample(samples.Select(operand => operand.Tensor).Distinct());
            int fitting = SamplesIn(caches.SecondLevelBytes / 2, bytesPerSample, LargestSlot);
            BlockSamples = Math.Min(Math.Max(SpreadSamples, fitting), LargestSlot);
        }
        else
        {
            long bytesPerSample = CpuSegment.BytesPerSample(Segments.SelectMany(segment => segment.Transients).Distinct());
            BlockSamples = SamplesIn(caches.SecondLevelBytes, bytesPerSample, LargestSlot);
        }
        foreach (CpuSegment segment in Segments)
            segment.TileSamples = segment.KeepsMuch
                ? BlockSamples : SamplesIn(caches.SecondLevelBytes, segment.TransientBytesPerSample, BlockSamples);
    }

    /// <summary>Runs the calls over one slot of one member, summing gradients into the slots of the workspace.</summary>
    public void RunSlot(Workspace workspace, int member, int slot, ITileObserver? observer)
    {
        (int first, int end) = (SlotStart(slot), SlotStart(slot + 1));
        foreach (GradientSum gradient in Gradients)
            if (!gradient.IsAssignedFirst)
                new Span<float>(gradient.Slot(workspace), gradient.Length).Clear();
        for (int start = first; start < end; start += BlockSamples)
            foreach (CpuSegment segment in Segments)
                RunBlock(segment, workspace, member, start, Math.Min(start + BlockSamples, end), first, observer);
        foreach (CpuCall call in _calls)
        {
            long started = Now(observer);
            call.EndSlot(workspace);
            observer?.OnTile(new TileRun(call, workspace.Worker, member, end, 0, started, Now(observer)));
        }
    }

    private static void RunBlock(CpuSegment segment, Workspace workspace, int member, int start, int end, int slotStart,
        ITileObserver? observer)
    {
        for (int sample = start; sample < end; sample += segment.TileSamples)
        {
            var tile = new Tile(workspace, member, start, sample, Math.Min(segment.TileSamples, end - sample), sample == slotStart);
            foreach (CpuCall call in segment.Calls)
            {
                long started = Now(observer);
                call.Execute(tile);
                observer?.OnTile(new TileRun(call, workspace.Worker, member, sample, tile.SampleCount, started, Now(observer)));
            }
        }
    }

    private static int SamplesIn(long bytes, long bytesPerSample, int most)
        => (int)Math.Clamp(bytes / Math.Max(1, bytesPerSample), 1, most);

    /// <summary>The time, for an observer; 0, at no cost, without one.</summary>
    public static long Now(ITileObserver? observer) => observer is null ? 0 : Stopwatch.GetTimestamp();

    private int SlotStart(int slot) => SlotStart(Samples, Slots, slot);

    private bool MustWait(CpuOperand operand)
        => _summed.Contains(operand.Tensor) || (operand.IsReadWhole && _written.Contains(operand.Tensor))
            || (operand.IsWritten && ReadWholeBefore(operand.Tensor));

    private bool ReadWholeBefore(CpuTensor tensor)
        => _calls.Exists(call => call.Operands.Any(o => o.IsReadWhole && o.Tensor == tensor));
}
