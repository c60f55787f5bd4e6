namespace DdmNative.Compute.Cpu;

/// <summary>
/// Recorded calls, arranged for the cache: phases of calls that flow block by block, and, where the ensemble is large enough to feed all
/// threads, runs of phases in which a thread takes a member through all of them without a barrier (docs/architecture.md, "The CPU device").
/// </summary>
internal sealed unsafe class CpuPlan : IPlan
{
    private readonly CpuDevice _device;
    private readonly List<CpuPhase> _phases = [];
    private readonly List<(int First, int Count, bool ByMember)> _stages = [];
    private readonly List<AlignedMemory> _sharedSlots = [];
    private readonly List<CpuTensor> _made = [];

    /// <summary>Created once, including the delegates, so that a run allocates nothing.</summary>
    private readonly Action[] _steps;
    private readonly int _retainingCalls;
    private readonly long _temporaryOffset;
    private readonly long _workspaceLength;
    private bool _disposed;

    public CpuPlan(CpuDevice device, string name, IReadOnlyList<CpuCall> calls)
    {
        _device = device;
        Name = name;
        _made.AddRange(calls.SelectMany(call => call.Scratch));
        calls = LinearStepFusion.Apply(NormPoolFusion.Apply(calls), device.Workers.Threads, _made.Add);
        calls = LargeMatrixGradientCall.Apply(WinogradImageSharing.Apply(calls, _made.Add), device.Caches);
        calls = FilterSharing.Apply(calls, device.Caches, _made.Add);
        foreach (CpuCall call in calls)
        {
            if (_phases.Count > 0 && _phases[^1].TryAdd(call))
                continue;
            var phase = new CpuPhase(call.Members, call.Samples);
            phase.TryAdd(call);
            _phases.Add(phase);
        }
        ArrangeStages();
        foreach (CpuPhase phase in _phases)
            phase.Arrange(device.Caches);
        long length = PlaceTransients();
        MarkStreamed(device.Caches);
        foreach (CpuCall call in calls)
        {
            call.RetainedOffset = length;
            call.RetainedIndex = _retainingCalls;
            _retainingCalls += call.RetainedParts;
            length += RoundUp(call.RetainedFloats);
        }
        length = PlaceGradients(length);
        _temporaryOffset = length;
        _workspaceLength = length + _phases.Max(phase => phase.Calls.Max(call => call.TemporaryFloats(phase.BlockSamples)));
        _steps = [.. _stages.SelectMany(stage => stage.ByMember
            ? [StepByMember(stage.First, stage.Count)] : StepsTogether(_phases[stage.First]))];
    }

    public string Name { get; }

    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _device.PrepareWorkspaces(_workspaceLength, _temporaryOffset, _retainingCalls);
        _device.TileObserver?.OnRunStarted(this);
        foreach (Action step in _steps)
            step();
        _device.TileObserver?.OnRunEnded(this);
    }

    public void Dispose()
    {
        foreach (AlignedMemory memory in _sharedSlots)
            memory.Dispose();
        foreach (CpuTensor tensor in _made)
            tensor.Dispose();
        _disposed = true;
    }

    /// <summary>
    /// Phases whose members keep all threads evenly busy run member by member; consecutive ones over the same members without a barrier.
    /// </summary>
    private void ArrangeStages()
    {
        for (int i = 0; i < _phases.Count; i++)
        {
            bool byMember = IsByMember(_phases[i]);
            if (byMember && _stages.Count > 0 && _stages[^1].ByMember && _phases[i - 1].Members == _phases[i].Members)
                _stages[^1] = (_stages[^1].First, _stages[^1].Count + 1, true);
            else
                _stages.Add((i, 1, byMember));
        }
    }

    private bool IsByMember(CpuPhase phase) => phase.Slots == 1 || MembersFeed(phase.Members, _device.Workers.Threads);

    /// <summary>Whether <paramref name="members"/> members, each on one thread, keep all threads evenly busy.</summary>
    internal static bool MembersFeed(int members, int threads) => members >= 4 * threads || (members >= threads && members % threads == 0);

    /// <summary>
    /// Assigns every transient tensor the smallest placement that its uses allow and returns the floats needed in a workspace.
    /// </summary>
    private long PlaceTransients()
    {
        var uses = new Dictionary<CpuTensor, List<(int Phase, CpuSegment Segment, CpuOperand Operand)>>();
        var order = new List<CpuTensor>();
        for (int i = 0; i < _phases.Count; i++)
        {
            foreach (CpuSegment segment in _phases[i].Segments)
            {
                foreach (CpuOperand operand in segment.Calls
                    .SelectMany(call => call.Operands.Concat(call.Gradients.Select(gradient => gradient.Vector)))
                    .Where(o => o.Tensor.IsTransient).Distinct())
                {
                    if (!uses.TryGetValue(operand.Tensor, out List<(int, CpuSegment, CpuOperand)>? list))
                    {
                        uses[operand.Tensor] = list = [];
                        order.Add(operand.Tensor);
                    }
                    list.Add((i, segment, operand));
                }
            }
        }
        long offset = 0;
        HashSet<CpuTensor> summed = [.. _phases.SelectMany(phase => phase.Gradients).Select(gradient => gradient.Vector.Tensor)];
        foreach (CpuTensor tensor in order)
        {
            List<(int Phase, CpuSegment Segment, CpuOperand Operand)> list = uses[tensor];
            Placement placement = PlacementOf(tensor, list.Min(u => u.Phase), list.Max(u => u.Phase), summed.Contains(tensor),
                list.Where(use => use.Operand.Part is not null).Select(use => use.Operand.Part!.Value));
            if (placement == Placement.Full)
                tensor.Reserve();
            if (placement == Placement.Block && list.TrueForAll(use => use.Segment == list[0].Segment))
                placement = Placement.Tile;
            foreach ((_, _, CpuOperand operand) in list)
                (operand.Placement, operand.Offset) = (placement, offset);
            int samples = placement switch
            {
                Placement.Member => tensor.Shape.Samples,
                Placement.Block => Math.Min(tensor.Shape.Samples, _phases[list[0].Phase].BlockSamples),
                Placement.Tile => Math.Min(tensor.Shape.Samples, list[0].Segment.TileSamples),
                _ => 0,
            };
            offset += RoundUp((long)samples * tensor.Shape.SampleLength);
        }
        return offset;
    }

    /// <summary>Finds the results that only later stages read and that are larger than all caches.</summary>
    private void MarkStreamed(CpuCaches caches)
    {
        foreach ((int first, int count, _) in _stages)
        {
            foreach (IGrouping<CpuTensor, CpuOperand> uses in _phases.Skip(first).Take(count).SelectMany(phase => phase.Calls)
                .SelectMany(call => call.Operands).GroupBy(operand => operand.Tensor))
            {
                if (uses.Count() == 1 && uses.First() is { IsWritten: true, Placement: Placement.Full } operand)
                    operand.IsStreamed = uses.Key.Shape.Length * sizeof(float) > caches.LastLevelBytes;
            }
        }
    }

    /// <param name="tensor">A transient tensor.</param>
    /// <param name="firstPhase">The first phase that uses it.</param>
    /// <param name="lastPhase">The last one.</param>
    /// <param name="isSummed">Whether gradients are summed into it: one vector a member, whatever the phase's samples.</param>
    /// <param name="parts">
    /// The parts of it that gradients and fills write. A part that none of them writes is zero, which only the tensor's own memory is.
    /// </param>
    private Placement PlacementOf(CpuTensor tensor, int firstPhase, int lastPhase, bool isSummed, IEnumerable<ParameterRange> parts)
    {
        if (tensor.Shape.Members != _phases[firstPhase].Members || (!isSummed && tensor.Shape.Samples != _phases[firstPhase].Samples))
            return Placement.Full;
        if (parts.Any() && ParameterRange.FindHoles(parts, tensor.Shape.SampleLength).Any())
            return Placement.Full;
        if (!isSummed && firstPhase == lastPhase)
            return Placement.Block;
        foreach ((int first, int count, bool byMember) in _stages)
            if (byMember && firstPhase >= first && lastPhase < first + count)
                return Placement.Member;
        return Placement.Full;
    }

    private long PlaceGradients(long offset)
    {
        foreach ((int first, int count, bool byMember) in _stages)
        {
            for (int i = first; i < first + count; i++)
            {
                foreach (GradientSum gradient in _phases[i].Gradients)
                {
                    gradient.SlotOffset = offset;
                    gradient.TotalOffset = offset + RoundUp(gradient.Length);
                    offset += 2 * RoundUp(gradient.Length);
                    if (byMember)
                        continue;
                    gradient.SharedSlots = new AlignedMemory((long)_phases[i].Members * _phases[i].Slots * gradient.Length);
                    _sharedSlots.Add(gradient.SharedSlots);
                }
            }
        }
        return offset;
    }

    /// <summary>Runs each member on one thread through all of the phases.</summary>
    private Action StepByMember(int firstPhase, int phaseCount)
    {
        CpuPhase[] run = [.. _phases.Skip(firstPhase).Take(phaseCount)];
        int members = run[0].Members;
        Action<int, int> runMember = (worker, member) => RunMember(_device.WorkspaceOf(worker), run, member, _device.TileObserver);
        return () => _device.Workers.Run(members, runMember);
    }

    private static void RunMember(Workspace workspace, CpuPhase[] run, int member, ITileObserver? observer)
    {
        foreach (CpuPhase phase in run)
        {
            for (int slot = 0; slot < phase.Slots; slot++)
            {
                phase.RunSlot(workspace, member, slot, observer);
                long started = CpuPhase.Now(observer);
                if (phase.Slots == 1)
                    break;
                foreach (GradientSum gradient in phase.Gradients)
                    GradientSum.AddSlot(slot, gradient.Slot(workspace), workspace.Start + gradient.TotalOffset, gradient.Length);
                Observe(observer, workspace, member, phase, started);
            }
            long written = CpuPhase.Now(observer);
            foreach (GradientSum gradient in phase.Gradients)
                gradient.Write(MemberTile(workspace, member),
                    phase.Slots == 1 ? gradient.Slot(workspace) : workspace.Start + gradient.TotalOffset);
            Observe(observer, workspace, member, phase, written);
        }
    }

    /// <summary>
    /// Distributes the slots of one phase over the threads, then adds their gradients, each gradient of a member on one thread.
    /// </summary>
    private Action[] StepsTogether(CpuPhase phase)
    {
        int slots = phase.Slots;
        GradientSum[] gradients = phase.Gradients;
        Action<int, int> runSlot = (worker, item) =>
        {
            Workspace workspace = _device.WorkspaceOf(worker);
            phase.RunSlot(workspace, item / slots, item % slots, _device.TileObserver);
            long started = CpuPhase.Now(_device.TileObserver);
            foreach (GradientSum gradient in gradients)
                new ReadOnlySpan<float>(gradient.Slot(workspace), gradient.Length)
                    .CopyTo(new Span<float>(gradient.SharedSlots!.Start + (long)item * gradient.Length, gradient.Length));
            Observe(_device.TileObserver, workspace, item / slots, phase, started);
        };
        Action<int, int> addSlots = (worker, item) =>
        {
            (int member, GradientSum gradient) = (item / gradients.Length, gradients[item % gradients.Length]);
            Workspace workspace = _device.WorkspaceOf(worker);
            float* total = workspace.Start + gradient.TotalOffset;
            long started = CpuPhase.Now(_device.TileObserver);
            for (int slot = 0; slot < slots; slot++)
                GradientSum.AddSlot(slot,
                    gradient.SharedSlots!.Start + ((long)member * slots + slot) * gradient.Length, total, gradient.Length);
            gradient.Write(MemberTile(workspace, member), total);
            Observe(_device.TileObserver, workspace, member, phase, started);
        };
        Action run = () => _device.Workers.Run(phase.Members * slots, runSlot);
        return gradients.Length == 0 ? [run] : [run, () => _device.Workers.Run(phase.Members * gradients.Length, addSlots)];
    }

    private static Tile MemberTile(Workspace workspace, int member) => new(workspace, member, 0, 0, 1, true);

    private static void Observe(ITileObserver? observer, Workspace workspace, int member, CpuPhase phase, long started)
    {
        if (phase.Gradients.Length > 0)
            observer?.OnTile(new TileRun(phase.Sums, workspace.Worker, member, 0, 0, started, CpuPhase.Now(observer)));
    }

    private static long RoundUp(long floats) => (floats + 63) / 64 * 64;
}
