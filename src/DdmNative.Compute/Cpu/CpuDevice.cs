using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>The CPU: SIMD kernels on channels-last tensors, one thread per tile, the same bits for any number of threads.</summary>
public sealed class CpuDevice : Device
{
    private readonly Workspace[] _workspaces;
    private List<CpuCall>? _recording;

    /// <param name="threads">The number of threads; 0 for one per core.</param>
    /// <param name="caches">The caches to choose sizes for; null for those of <see cref="CpuCaches.Read"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="FormatException">The environment describes the caches in a form that is not valid.</exception>
    public CpuDevice(int threads = 0, CpuCaches? caches = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Caches = caches ?? CpuCaches.Read();
        Workers = new WorkerPool(threads == 0 ? Environment.ProcessorCount : threads);
        _workspaces = new Workspace[Workers.Threads];
        for (int i = 0; i < _workspaces.Length; i++)
            _workspaces[i] = new Workspace(i);
    }

    public override string Name => "cpu";

    public override string Description => $"CPU, {InstructionSet}, {Workers.Threads} thread{(Workers.Threads == 1 ? "" : "s")}";

    public override string Arithmetic => $"CPU, {InstructionSet}";

    public override bool HasSampleProducts => true;

    public int Threads => Workers.Threads;

    /// <summary>The caches that kernels choose their sizes for.</summary>
    public CpuCaches Caches { get; }

    /// <summary>Notified of every tile; null (the default) costs nothing. Set it between runs.</summary>
    public ITileObserver? TileObserver { get; set; }

    internal WorkerPool Workers { get; }

    private static string InstructionSet =>
        Vector512.IsHardwareAccelerated
        ? "AVX-512" : Fma.IsSupported ? "AVX2 and FMA" : Vector256.IsHardwareAccelerated ? "256-bit vectors" : "portable vectors";

    public override Tensor Allocate(TensorShape shape) => new CpuTensor(shape, isTransient: false);

    public override Tensor AllocateTransient(TensorShape shape) => new CpuTensor(shape, isTransient: true);

    public override IPlan Record(string name, Action body)
    {
        if (_recording is not null)
            throw new InvalidOperationException($"Plan '{name}' cannot be recorded inside another recording.");
        _recording = [];
        try
        {
            body();
            if (_recording.Count == 0)
                throw new InvalidOperationException($"Plan '{name}' recorded no kernel call.");
            return new CpuPlan(this, name, _recording);
        }
        finally
        {
            _recording = null;
        }
    }

    /// <summary>Runs an operation's calls now, or records them while a plan is being recorded.</summary>
    internal void Submit(params CpuCall[] calls)
    {
        if (_recording is not null)
        {
            _recording.AddRange(calls);
            return;
        }
        using var plan = new CpuPlan(this, calls[0].Name, calls);
        plan.Run();
    }

    internal Workspace WorkspaceOf(int worker) => _workspaces[worker];

    internal void PrepareWorkspaces(long length, long temporaryOffset, int retainingCalls)
    {
        foreach (Workspace workspace in _workspaces)
            workspace.Prepare(length, temporaryOffset, retainingCalls);
    }

    protected override DeviceOperations CreateOperations() => new()
    {
        Convolution = new CpuConvolution(this),
        MatrixProduct = new CpuMatrixProduct(this),
        InstanceNorm = new CpuInstanceNorm(this),
        BatchNorm = new CpuBatchNorm(this),
        FrozenBatchNorm = new CpuFrozenBatchNorm(this),
        GroupNorm = new CpuGroupNorm(this),
        ReluAvgPool = new CpuReluAvgPool(this),
        MaxPool = new CpuMaxPool(this),
        AvgPool = new CpuAvgPool(this),
        Gelu = new CpuGelu(this),
        Dropout = new CpuDropout(this),
        SoftmaxCrossEntropy = new CpuSoftmaxCrossEntropy(this),
        GradientDistance = new CpuGradientDistance(this),
        Sgd = new CpuSgd(this),
        Adam = new CpuAdam(this),
        Reduction = new CpuReduction(this),
        Philox = new CpuPhilox(this),
        Fill = new CpuFill(this),
        LinearCombination = new CpuLinearCombination(this),
        Gather = new CpuGather(this),
        CropFlip = new CpuCropFlip(this),
        Flatten = new CpuFlatten(this),
    };

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Workers.Dispose();
        foreach (Workspace workspace in _workspaces)
            workspace.Dispose();
    }
}
