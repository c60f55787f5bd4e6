using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cuda.Driver;
using DdmNative.Compute.Cuda.Memory;
using DdmNative.Compute.Cuda.Modules;
using DdmNative.Compute.Cuda.Plans;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// An NVIDIA GPU through its driver: kernels from the PTX of this build, one stream, plans as CUDA graphs. The host waits for the device at downloads only.
/// To be used by one thread at a time.
/// </summary>
public sealed class CudaDevice : Device
{
    /// <summary>Set to 1, it makes every tensor an allocation of its own, for memory checkers.</summary>
    public const string NoCachingVariable = "DDM_CUDA_NO_CACHING";

    [ThreadStatic]
    private static nint currentContext;

    private readonly int handle;
    private readonly nint context;
    private readonly KernelModule kernels;
    private readonly StagingRing staging;

    /// <param name="ordinal">Which device, counted from 0 as the driver does.</param>
    /// <param name="precision">How convolutions and matrix products multiply.</param>
    /// <exception cref="CudaUnavailableException">There is no driver, no such device, or no kernels for it.</exception>
    /// <exception cref="CudaException">The driver failed to start the device or to compile the kernels.</exception>
    public CudaDevice(int ordinal = 0, Precision precision = Precision.Fp32)
        : this(new NativeCudaDriver(), ordinal, precision)
    {
    }

    /// <param name="driver">The calls of the driver.</param>
    /// <param name="ordinal">Which device.</param>
    /// <param name="precision">How products are made.</param>
    /// <param name="ptx">Kernels in place of the embedded ones.</param>
    internal CudaDevice(ICudaDriver driver, int ordinal, Precision precision, byte[]? ptx = null)
    {
        (Driver, Ordinal, Precision) = (driver, ordinal, precision);
        (Convolution, MatrixProduct) = (new CudaConvolution(this), new CudaMatrixProduct(this));
        driver.Initialize();
        int count = driver.DeviceCount();
        if (ordinal < 0 || ordinal >= count)
            throw new CudaUnavailableException($"no device {driver.Family}:{ordinal}: this machine has {(count == 1 ? $"{driver.Family}:0 alone" : $"{driver.Family}:0 to {driver.Family}:{count - 1}")}. `ddm devices` describes them.");
        Facts = CudaDeviceFacts.Of(driver, ordinal);
        ptx ??= EmbeddedPtx.For($"{Name} ({Facts.Model})", Facts.ComputeCapability);
        handle = driver.Device(ordinal);
        context = driver.RetainPrimaryContext(handle);
        try
        {
            driver.SetCurrent(currentContext = context);
            kernels = new KernelModule(driver, ptx);
            Stream = driver.CreateStream();
            Caching = Environment.GetEnvironmentVariable(NoCachingVariable) != "1";
            Memory = new DeviceMemory(driver, Name, Caching);
            staging = new StagingRing(driver, Stream);
        }
        catch
        {
            currentContext = 0;
            driver.ReleasePrimaryContext(handle);
            throw;
        }
        InstanceNorm = new CudaInstanceNorm(this);
        ReluAvgPool = new CudaReluAvgPool(this);
        SoftmaxCrossEntropy = new CudaSoftmaxCrossEntropy(this);
        GradientDistance = new CudaGradientDistance(this);
        Sgd = new CudaSgd(this);
        Adam = new CudaAdam(this);
        Reduction = new CudaReduction(this);
        Philox = new CudaPhilox(this);
        LinearCombination = new CudaLinearCombination(this);
        Gather = new CudaGather(this);
        Flatten = new CudaFlatten(this);
    }

    public int Ordinal { get; }

    /// <summary>How convolutions and matrix products multiply.</summary>
    public Precision Precision { get; }

    public CudaDeviceFacts Facts { get; }

    public override string Name => $"{Driver.Family}:{Ordinal}";

    public override string Description => $"{Facts.Description}, {Precision.ToString().ToLowerInvariant()} products";

    /// <summary>The most bytes that tensors and plans have taken at any time.</summary>
    public long HighWaterBytes => Memory.HighWaterBytes;

    /// <summary>Is told of every kernel from now on; null (the default) costs nothing. To be set between runs.</summary>
    public ILaunchObserver? LaunchObserver { get; set; }

    public override Convolution Convolution { get; }

    public override MatrixProduct MatrixProduct { get; }

    public override InstanceNorm InstanceNorm { get; }

    public override ReluAvgPool ReluAvgPool { get; }

    public override SoftmaxCrossEntropy SoftmaxCrossEntropy { get; }

    public override GradientDistance GradientDistance { get; }

    public override Sgd Sgd { get; }

    public override Adam Adam { get; }

    public override Reduction Reduction { get; }

    public override Philox Philox { get; }

    public override LinearCombination LinearCombination { get; }

    public override Gather Gather { get; }

    public override Flatten Flatten { get; }

    internal ICudaDriver Driver { get; }

    internal nint Stream { get; }

    internal DeviceMemory Memory { get; }

    /// <summary>Whether freed memory is kept for the next tensor.</summary>
    internal bool Caching { get; }

    /// <summary>The plan that is being written down; null when kernels run at once.</summary>
    internal Recording? Recording { get; private set; }

    internal bool IsDisposed { get; private set; }

    /// <summary>What is known of a kernel of this build without running it.</summary>
    /// <exception cref="CudaException">There is no kernel of that name.</exception>
    public KernelFacts FactsOf(string kernel)
    {
        MakeCurrent();
        return kernels.Facts(kernel);
    }

    public override Tensor Allocate(TensorShape shape) => new CudaTensor(this, shape, isTransient: false);

    public override Tensor AllocateTransient(TensorShape shape) => new CudaTensor(this, shape, isTransient: true);

    public override IPlan Record(string name, Action body)
    {
        if (Recording is not null)
            throw new InvalidOperationException($"Plan '{name}' cannot be recorded inside another recording.");
        Recording recording = Recording = new Recording(name);
        try
        {
            body();
        }
        finally
        {
            Recording = null;
        }
        if (recording.Launches.Count == 0)
            throw new InvalidOperationException($"Plan '{name}' recorded no kernel call.");
        MakeCurrent();
        return new CudaPlan(this, recording);
    }

    /// <summary>Scratch memory of <paramref name="floats"/> floats, to be disposed by the kernel call that asked for it.</summary>
    internal Workspace Workspace(long floats)
    {
        if (Recording is not null)
            return new Workspace(Recording.NewIntermediate(sizeof(float) * floats), null, Memory);
        MakeCurrent();
        DeviceBlock block = Memory.Allocate(sizeof(float) * floats);
        return new Workspace(block.Address, block, Memory);
    }

    /// <summary>Launches a kernel on the device's stream, or writes the launch down while a plan is being recorded.</summary>
    internal void Launch(in KernelLaunch launch, KernelArguments arguments)
    {
        MakeCurrent();
        var recorded = new RecordedLaunch(kernels.Function(launch.Kernel, launch.DynamicSharedBytes), launch, arguments);
        if (Recording is null)
            LaunchNow(recorded);
        else
            Recording.Add(recorded);
    }

    internal void LaunchNow(RecordedLaunch recorded)
    {
        KernelLaunch launch = recorded.Launch;
        if (LaunchObserver is not ILaunchObserver observer)
        {
            Driver.Launch(recorded.Function, launch, Stream, recorded.Arguments);
            return;
        }
        (nint start, nint end) = (Driver.CreateEvent(timing: true), Driver.CreateEvent(timing: true));
        Driver.Record(start, Stream);
        Driver.Launch(recorded.Function, launch, Stream, recorded.Arguments);
        Driver.Record(end, Stream);
        Driver.Wait(end);
        observer.OnLaunch(launch.Kernel, launch.Grid.X * launch.Grid.Y * launch.Grid.Z, launch.Block.X * launch.Block.Y * launch.Block.Z, Driver.Milliseconds(start, end));
        Driver.DestroyEvent(start);
        Driver.DestroyEvent(end);
    }

    /// <summary>Makes this device's context the calling thread's.</summary>
    internal void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (currentContext == context)
            return;
        Driver.SetCurrent(context);
        currentContext = context;
    }

    /// <summary>Stages row-major values, channels last, and copies them to <paramref name="address"/> in stream order; does not wait for the copy.</summary>
    internal unsafe void Upload(TensorShape shape, ReadOnlySpan<float> values, ulong address)
    {
        foreach ((int start, int length) in Pieces(shape))
        {
            nint memory = staging.Next(sizeof(float) * length);
            var staged = new Span<float>((void*)memory, length);
            if (ChannelsLast.IsPlain(shape))
                values.Slice(start, length).CopyTo(staged);
            else
                ChannelsLast.FromRowMajor(shape, values, start, staged);
            staging.Send(address + sizeof(float) * (ulong)start, sizeof(float) * length);
        }
    }

    /// <summary>Copies values at <paramref name="address"/> out, row-major, after all work before: the one place where the host waits.</summary>
    internal unsafe void Download(TensorShape shape, ulong address, Span<float> values)
    {
        foreach ((int start, int length) in Pieces(shape))
        {
            nint memory = staging.Next(sizeof(float) * length);
            Driver.CopyToHost(memory, address + sizeof(float) * (ulong)start, sizeof(float) * length, Stream);
            Driver.Synchronize(Stream);
            var staged = new ReadOnlySpan<float>((void*)memory, length);
            if (ChannelsLast.IsPlain(shape))
                staged.CopyTo(values.Slice(start, length));
            else
                ChannelsLast.ToRowMajor(shape, staged, start, values);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing || IsDisposed)
            return;
        MakeCurrent();
        try
        {
            Driver.Synchronize(Stream);
            staging.Dispose();
            Memory.Dispose();
            kernels.Dispose();
            Driver.DestroyStream(Stream);
        }
        catch (CudaException)
        {
            // After a fault on the device every call fails with the same error, which its first victim has reported; the context takes everything with it.
            Memory.Forget();
        }
        IsDisposed = true;
        currentContext = 0;
        Driver.ReleasePrimaryContext(handle);
    }

    /// <summary>The tensor, in the device's order, in pieces that the staging memory takes; a piece may begin and end in the middle of a sample.</summary>
    private static IEnumerable<(int Start, int Length)> Pieces(TensorShape shape)
    {
        const int Largest = StagingRing.PieceBytes / sizeof(float);
        for (long start = 0; start < shape.Length; start += Largest)
            yield return ((int)start, (int)Math.Min(Largest, shape.Length - start));
    }
}
