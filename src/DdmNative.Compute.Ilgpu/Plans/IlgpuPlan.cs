using ILGPU;

namespace DdmNative.Compute.Ilgpu.Plans;

/// <summary>
/// Recorded launches, run one after the other: ILGPU has no graphs. Intermediates that are never alive at the same launch share an arena.
/// </summary>
internal sealed class IlgpuPlan : IPlan
{
    private readonly IlgpuDevice _device;
    private readonly IReadOnlyList<RecordedLaunch> _launches;
    private readonly DeviceBlock? _arena;
    private bool _disposed;

    /// <exception cref="OutOfDeviceMemoryException">The device is out of memory for the plan's intermediates.</exception>
    public IlgpuPlan(IlgpuDevice device, string name, IReadOnlyList<RecordedLaunch> launches)
    {
        (_device, Name, _launches) = (device, name, launches);
        var uses = new IntermediateUses();
        for (int i = 0; i < launches.Count; i++)
            uses.Record(i, launches[i]);
        (long[] offsets, long arenaBytes) = IntermediatePlacement.Place(uses.All);
        long floats = arenaBytes / sizeof(float);
        _arena = floats == 0 ? null : device.Memory.Allocate(floats);
        var memory = new Arena(_arena is null ? default : _arena.View(floats), [.. offsets.Select(offset => offset / sizeof(float))], uses);
        foreach (RecordedLaunch launch in launches)
            launch.Bind(memory);
    }

    public string Name { get; }

    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (RecordedLaunch launch in _launches)
            launch.Run();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_arena is not null && !_device.IsDisposed)
            _device.Memory.Free(_arena);
    }

    /// <summary>Records which intermediates each launch requests; the resulting arguments are not used.</summary>
    private sealed class IntermediateUses : IOperandMemory
    {
        private readonly Dictionary<IlgpuTensor, int> _numbers = [];
        private readonly List<IntermediateUse> _uses = [];
        private int _launch;

        public IReadOnlyList<IntermediateUse> All => _uses;

        public void Record(int number, RecordedLaunch launch)
        {
            _launch = number;
            launch.Bind(this);
        }

        public int NumberOf(IlgpuTensor tensor) => _numbers[tensor];

        public ArrayView<float> ViewOf(IlgpuTensor tensor)
        {
            if (!tensor.IsTransient)
                return default;
            if (!_numbers.TryGetValue(tensor, out int number))
            {
                _numbers[tensor] = number = _uses.Count;
                _uses.Add(new IntermediateUse(sizeof(float) * tensor.Shape.Length, _launch, _launch));
            }
            _uses[number] = _uses[number] with { Last = _launch };
            return default;
        }
    }

    private sealed class Arena(ArrayView<float> memory, long[] offsets, IntermediateUses uses) : IOperandMemory
    {
        public ArrayView<float> ViewOf(IlgpuTensor tensor)
            => tensor.IsTransient ? memory.SubView(offsets[uses.NumberOf(tensor)], tensor.Shape.Length) : tensor.Reserve();
    }
}
