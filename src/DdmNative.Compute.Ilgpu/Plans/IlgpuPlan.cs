using ILGPU;

namespace DdmNative.Compute.Ilgpu.Plans;

/// <summary>
/// Recorded launches, run one after the other: ILGPU has no graphs. Intermediates that are never alive at the same launch share an arena.
/// </summary>
internal sealed class IlgpuPlan : IPlan
{
    private readonly IlgpuDevice device;
    private readonly IReadOnlyList<RecordedLaunch> launches;
    private readonly DeviceBlock? arena;
    private bool disposed;

    /// <exception cref="OutOfDeviceMemoryException">The device has no room for the plan's intermediates.</exception>
    public IlgpuPlan(IlgpuDevice device, string name, IReadOnlyList<RecordedLaunch> launches)
    {
        (this.device, Name, this.launches) = (device, name, launches);
        var uses = new IntermediateUses();
        for (int i = 0; i < launches.Count; i++)
            uses.Note(i, launches[i]);
        (long[] offsets, long arenaBytes) = IntermediatePlacement.Place(uses.All);
        long floats = arenaBytes / sizeof(float);
        arena = floats == 0 ? null : device.Memory.Allocate(floats);
        var memory = new Arena(arena is null ? default : arena.View(floats), [.. offsets.Select(offset => offset / sizeof(float))], uses);
        foreach (RecordedLaunch launch in launches)
            launch.Bind(memory);
    }

    public string Name { get; }

    public void Run()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        foreach (RecordedLaunch launch in launches)
            launch.Run();
    }

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        if (arena is not null && !device.IsDisposed)
            device.Memory.Free(arena);
    }

    /// <summary>Notes which intermediates each launch asks for; the arguments that are made of it are thrown away.</summary>
    private sealed class IntermediateUses : IOperandMemory
    {
        private readonly Dictionary<IlgpuTensor, int> numbers = [];
        private readonly List<IntermediateUse> uses = [];
        private int launch;

        public IReadOnlyList<IntermediateUse> All => uses;

        public void Note(int number, RecordedLaunch of)
        {
            launch = number;
            of.Bind(this);
        }

        public int NumberOf(IlgpuTensor tensor) => numbers[tensor];

        public ArrayView<float> ViewOf(IlgpuTensor tensor)
        {
            if (!tensor.IsTransient)
                return default;
            if (!numbers.TryGetValue(tensor, out int number))
            {
                numbers[tensor] = number = uses.Count;
                uses.Add(new IntermediateUse(sizeof(float) * tensor.Shape.Length, launch, launch));
            }
            uses[number] = uses[number] with { Last = launch };
            return default;
        }
    }

    private sealed class Arena(ArrayView<float> memory, long[] offsets, IntermediateUses uses) : IOperandMemory
    {
        public ArrayView<float> ViewOf(IlgpuTensor tensor)
            => tensor.IsTransient ? memory.SubView(offsets[uses.NumberOf(tensor)], tensor.Shape.Length) : tensor.Reserve();
    }
}
