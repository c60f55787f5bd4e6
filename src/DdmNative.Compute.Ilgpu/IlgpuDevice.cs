using System.Globalization;
using DdmNative.Compute.Ilgpu.Plans;
using ILGPU;
using ILGPU.Runtime;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// An accelerator of ILGPU: the kernels of this assembly, compiled when they are first used, on one stream. Not thread-safe.
/// </summary>
/// <remarks>
/// Every kernel takes one struct of arguments, and its groups loop over their work in strides, so that the CPU accelerator, whose groups
/// have one thread because its barriers are slow, runs the same code as a GPU.
/// </remarks>
public sealed class IlgpuDevice : Device
{
    /// <summary>Threads of a group on a GPU; a power of two.</summary>
    private const int GpuThreads = 256;

    private readonly Accelerators _accelerators;
    private readonly Accelerator _accelerator;
    private readonly Dictionary<Delegate, Delegate> _kernels = [];
    private List<RecordedLaunch>? _recording;

    internal IlgpuDevice(Accelerators accelerators, (string Name, ILGPU.Runtime.Device Device) which)
    {
        (_accelerators, Name, Description) = (accelerators, which.Name, Describe(which.Device));
        _accelerator = accelerators.Open(which.Device);
        IsCpu = _accelerator.AcceleratorType == AcceleratorType.CPU;
        Threads = IsCpu ? 1 : Math.Min(GpuThreads,
            (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)_accelerator.MaxNumThreadsPerGroup + 1) / 2);
        Memory = new DeviceMemory(_accelerator, Name);
    }

    public override string Name { get; }

    public override string Description { get; }

    /// <summary>
    /// ILGPU's simulation of a GPU on the CPU: for correctness at tiny sizes. Its groups have one thread, so that no barrier waits.
    /// </summary>
    internal bool IsCpu { get; }

    /// <summary>The number of groups that run at the same time.</summary>
    internal int Multiprocessors => _accelerator.NumMultiprocessors;

    /// <summary>The default number of threads of a group; a power of two.</summary>
    internal int Threads { get; }

    internal DeviceMemory Memory { get; }

    internal bool IsDisposed { get; private set; }

    public override Tensor Allocate(TensorShape shape) => new IlgpuTensor(this, shape, isTransient: false);

    public override Tensor AllocateTransient(TensorShape shape) => new IlgpuTensor(this, shape, isTransient: true);

    public override IPlan Record(string name, Action body)
    {
        if (_recording is not null)
            throw new InvalidOperationException($"Plan '{name}' cannot be recorded inside another recording.");
        List<RecordedLaunch> launches = _recording = [];
        try
        {
            body();
        }
        finally
        {
            _recording = null;
        }
        if (launches.Count == 0)
            throw new InvalidOperationException($"Plan '{name}' recorded no kernel call.");
        return new IlgpuPlan(this, name, launches);
    }

    internal static string Describe(ILGPU.Runtime.Device device)
        => string.Create(CultureInfo.InvariantCulture,
            $"{device.Name} through ILGPU, {device.NumMultiprocessors} multiprocessors, groups of {device.MaxNumThreadsPerGroup} threads "
            + $"at most")
            + (device.AcceleratorType == AcceleratorType.CPU ? ": a simulation for tiny sizes" : "");

    /// <summary>Launches a kernel, or records the launch while a plan is being recorded.</summary>
    /// <param name="kernel">A static method of this assembly.</param>
    /// <param name="groups">Groups of the grid.</param>
    /// <param name="threads">Threads of a group.</param>
    /// <param name="arguments">Creates the kernel's arguments, given the memory of the operands. It may be called more than once, and
    /// requests all operands each time.</param>
    internal void Launch<TArguments>(Action<TArguments> kernel, int groups, int threads, Func<IOperandMemory, TArguments> arguments)
        where TArguments : struct
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!_kernels.TryGetValue(kernel, out Delegate? loaded))
            _kernels[kernel] = loaded = _accelerator.LoadStreamKernel(kernel);
        var launch = new RecordedLaunch<TArguments>((Action<KernelConfig, TArguments>)loaded, new KernelConfig(groups, threads), arguments);
        if (_recording is not null)
        {
            _recording.Add(launch);
            return;
        }
        launch.Bind(OwnMemory.Instance);
        launch.Run();
    }

    internal void Upload(ArrayView<float> target, ReadOnlySpan<float> values)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        target.CopyFromCPU(_accelerator.DefaultStream, values);
        _accelerator.DefaultStream.Synchronize();
    }

    internal void Download(ArrayView<float> source, Span<float> values)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        source.CopyToCPU(_accelerator.DefaultStream, values);
        _accelerator.DefaultStream.Synchronize();
    }

    internal void FillWithZeros(ArrayView<float> target) => target.MemSetToZero(_accelerator.DefaultStream);

    protected override DeviceOperations CreateOperations() => new()
    {
        Convolution = new IlgpuConvolution(this),
        MatrixProduct = new IlgpuMatrixProduct(this),
        InstanceNorm = new IlgpuInstanceNorm(this),
        BatchNorm = new IlgpuBatchNorm(this),
        FrozenBatchNorm = new IlgpuFrozenBatchNorm(this),
        GroupNorm = new IlgpuGroupNorm(this),
        ReluAvgPool = new IlgpuReluAvgPool(this),
        MaxPool = new IlgpuMaxPool(this),
        AvgPool = new IlgpuAvgPool(this),
        Gelu = new IlgpuGelu(this),
        Dropout = new IlgpuDropout(this),
        SoftmaxCrossEntropy = new IlgpuSoftmaxCrossEntropy(this),
        GradientDistance = new IlgpuGradientDistance(this),
        Sgd = new IlgpuSgd(this),
        Adam = new IlgpuAdam(this),
        Reduction = new IlgpuReduction(this),
        Philox = new IlgpuPhilox(this),
        Fill = new IlgpuFill(this),
        LinearCombination = new IlgpuLinearCombination(this),
        Gather = new IlgpuGather(this),
        CropFlip = new IlgpuCropFlip(this),
        Flatten = new IlgpuFlatten(this),
    };

    protected override void Dispose(bool disposing)
    {
        if (!disposing || IsDisposed)
            return;
        IsDisposed = true;
        _accelerator.Synchronize();
        Memory.Dispose();
        _accelerator.Dispose();
        _accelerators.Dispose();
    }

    /// <summary>Outside plans, every tensor uses its own memory.</summary>
    private sealed class OwnMemory : IOperandMemory
    {
        public static readonly OwnMemory Instance = new();

        public ArrayView<float> ViewOf(IlgpuTensor tensor) => tensor.Reserve();
    }
}
