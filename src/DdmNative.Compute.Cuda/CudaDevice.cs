using DdmNative.Compute.Cuda.Driver;
using DdmNative.Compute.Cuda.Memory;
using DdmNative.Compute.Cuda.Modules;
using DdmNative.Compute.Cuda.Plans;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// An NVIDIA GPU through its driver: kernels from the PTX of this build, one stream, plans as CUDA graphs. The host waits for the device
/// only at downloads. Not thread-safe.
/// </summary>
public sealed class CudaDevice : Device
{
    /// <summary>If set to 1, every tensor is an allocation of its own, for memory checkers.</summary>
    public const string NoCachingVariable = "DDM_CUDA_NO_CACHING";

    private static long _devices;

    /// <summary>
    /// The number of the device whose context is current on the thread. Not the context's handle: after a device is disposed the driver may
    /// give the same handle to another context, and a thread must not mistake that for the one it had.
    /// </summary>
    [ThreadStatic]
    private static long _currentDevice;

    private readonly long _number = Interlocked.Increment(ref _devices);
    private readonly int _handle;
    private readonly nint _context;
    private readonly KernelModules _kernels;
    private readonly StagingRing _staging;
    private readonly HostTransfers _transfers;

    /// <param name="ordinal">The driver's index of the device, from 0.</param>
    /// <param name="precision">How convolutions and matrix products multiply.</param>
    /// <exception cref="CudaUnavailableException">There is no driver, no such device, or no kernels for it.</exception>
    /// <exception cref="CudaException">The driver failed to start the device.</exception>
    public CudaDevice(int ordinal = 0, Precision precision = Precision.Fp32)
        : this(new NativeCudaDriver(), ordinal, precision)
    {
    }

    /// <param name="driver">The calls of the driver.</param>
    /// <param name="ordinal">Which device.</param>
    /// <param name="precision">How convolutions and matrix products multiply.</param>
    /// <param name="ptx">One module that holds all kernels.</param>
    internal CudaDevice(ICudaDriver driver, int ordinal, Precision precision, byte[] ptx)
        : this(driver, ordinal, precision, KernelImages.Single("the given image", ptx))
    {
    }

    /// <param name="driver">The calls of the driver.</param>
    /// <param name="ordinal">Which device.</param>
    /// <param name="precision">How convolutions and matrix products multiply.</param>
    /// <param name="images">Kernels to use instead of those that the environment names or that are embedded.</param>
    internal CudaDevice(ICudaDriver driver, int ordinal, Precision precision, KernelImages? images = null)
    {
        (Driver, Ordinal, Precision) = (driver, ordinal, precision);
        driver.Initialize();
        int count = driver.DeviceCount();
        if (ordinal < 0 || ordinal >= count)
        {
            string present = count == 1 ? $"only {driver.Family}:0" : $"{driver.Family}:0 to {driver.Family}:{count - 1}";
            throw new CudaUnavailableException(
                $"no device {driver.Family}:{ordinal}: this machine has {present}. `ddm devices` describes them.");
        }
        Facts = CudaDeviceFacts.Read(driver, ordinal);
        images ??= KernelImages.Find($"{Name} ({Facts.Model})", Facts.ComputeCapability);
        _handle = driver.Device(ordinal);
        _context = driver.RetainPrimaryContext(_handle);
        try
        {
            driver.SetCurrent(_context);
            _currentDevice = _number;
            Stream = driver.CreateStream();
            _kernels = new KernelModules(driver, images);
            Caching = Environment.GetEnvironmentVariable(NoCachingVariable) != "1";
            Memory = new DeviceMemory(driver, Name, Caching);
            _staging = new StagingRing(driver, Stream);
            _transfers = new HostTransfers(driver, Stream, _staging);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public int Ordinal { get; }

    /// <summary>How convolutions and matrix products multiply.</summary>
    public Precision Precision { get; }

    public CudaDeviceFacts Facts { get; }

    public override string Name => $"{Driver.Family}:{Ordinal}";

    public override string Description => $"{Facts.Description}, {Precision.ToString().ToLowerInvariant()} products";

    /// <summary>The most bytes that tensors and plans have used at any time.</summary>
    public long HighWaterBytes => Memory.HighWaterBytes;

    /// <summary>Notified of every kernel; null (the default) costs nothing. Set it between runs.</summary>
    public ILaunchObserver? LaunchObserver { get; set; }

    /// <summary>
    /// Times everything that runs, by replays, unless a <see cref="LaunchObserver"/> is set; null (the default) costs nothing. Set it
    /// between runs. Results computed while it is set must not be used.
    /// </summary>
    public ReplayTimer? ReplayTimer { get; set; }

    internal ICudaDriver Driver { get; }

    internal nint Stream { get; }

    internal DeviceMemory Memory { get; }

    /// <summary>Whether freed memory is kept for the next tensor.</summary>
    internal bool Caching { get; }

    /// <summary>The plan that is being recorded; null when kernels run at once.</summary>
    internal Recording? Recording { get; private set; }

    internal bool IsDisposed { get; private set; }

    /// <summary>The modules loaded so far, in order.</summary>
    public IReadOnlyList<LoadedModule> LoadedModules => _kernels.Loaded;

    /// <summary>The static properties of a kernel.</summary>
    /// <exception cref="CudaUnavailableException">There is no kernel of that name.</exception>
    public KernelFacts FactsOf(string kernel)
    {
        MakeCurrent();
        return _kernels.Facts(kernel);
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

    /// <summary>Scratch memory of <paramref name="floats"/> floats, which the kernel call disposes.</summary>
    internal Workspace Workspace(long floats)
    {
        if (Recording is not null)
            return new Workspace(Recording.NewIntermediate(sizeof(float) * floats), null, Memory);
        MakeCurrent();
        DeviceBlock block = Memory.Allocate(sizeof(float) * floats);
        return new Workspace(block.Address, block, Memory);
    }

    /// <summary>Launches a kernel on the device's stream, or records the launch while a plan is being recorded.</summary>
    internal void Launch(in KernelLaunch launch, KernelArguments arguments)
    {
        MakeCurrent();
        var recorded = new RecordedLaunch(_kernels.Function(launch.Kernel, launch.DynamicSharedBytes), launch, arguments);
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
            LaunchPlainly(recorded);
            ReplayTimer?.OnLaunch(recorded);
            return;
        }
        (nint start, nint end) = (Driver.CreateEvent(timing: true), Driver.CreateEvent(timing: true));
        Driver.Record(start, Stream);
        LaunchPlainly(recorded);
        Driver.Record(end, Stream);
        Driver.Wait(end);
        observer.OnLaunch(launch.Kernel, launch.Blocks, launch.ThreadsPerBlock, Driver.Milliseconds(start, end));
        Driver.DestroyEvent(start);
        Driver.DestroyEvent(end);
    }

    /// <summary>Launches a kernel without notifying an observer.</summary>
    internal void LaunchPlainly(RecordedLaunch recorded) => Driver.Launch(recorded.Function, recorded.Launch, Stream, recorded.Arguments);

    /// <summary>Makes this device's context the calling thread's.</summary>
    internal void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_currentDevice == _number)
            return;
        // Even if the call fails, the previous context may no longer be current.
        _currentDevice = 0;
        Driver.SetCurrent(_context);
        _currentDevice = _number;
    }

    /// <summary>Frees a tensor's memory, on any thread. Does nothing after the device is disposed, which frees all memory.</summary>
    internal void Free(DeviceBlock block)
    {
        if (IsDisposed)
            return;
        if (!Caching)
            Teardown.Attempt(MakeCurrent);
        Memory.Free(block);
    }

    /// <summary>
    /// Stages row-major values, channels last, and copies them to <paramref name="address"/> in stream order; does not wait for the copy.
    /// </summary>
    internal void Upload(TensorShape shape, ReadOnlySpan<float> values, ulong address) => _transfers.Upload(shape, values, address);

    /// <summary>
    /// Copies values at <paramref name="address"/> to the host, row-major, after all earlier work: the one place where the host waits.
    /// </summary>
    internal void Download(TensorShape shape, ulong address, Span<float> values) => _transfers.Download(shape, address, values);

    protected override DeviceOperations CreateOperations() => new()
    {
        Convolution = new CudaConvolution(this),
        MatrixProduct = new CudaMatrixProduct(this),
        InstanceNorm = new CudaInstanceNorm(this),
        BatchNorm = new CudaBatchNorm(this),
        FrozenBatchNorm = new CudaFrozenBatchNorm(this),
        GroupNorm = new CudaGroupNorm(this),
        ReluAvgPool = new CudaReluAvgPool(this),
        MaxPool = new CudaMaxPool(this),
        AvgPool = new CudaAvgPool(this),
        Gelu = new CudaGelu(this),
        Dropout = new CudaDropout(this),
        SoftmaxCrossEntropy = new CudaSoftmaxCrossEntropy(this),
        GradientDistance = new CudaGradientDistance(this),
        Sgd = new CudaSgd(this),
        Adam = new CudaAdam(this),
        Reduction = new CudaReduction(this),
        Philox = new CudaPhilox(this),
        Fill = new CudaFill(this),
        LinearCombination = new CudaLinearCombination(this),
        Gather = new CudaGather(this),
        CropFlip = new CudaCropFlip(this),
        Flatten = new CudaFlatten(this),
    };

    protected override void Dispose(bool disposing)
    {
        if (!disposing || IsDisposed)
            return;
        IsDisposed = true;
        Release();
    }

    /// <summary>
    /// Releases all resources; after a failed constructor some do not exist. Every step is tried, even if others fail, and none throws.
    /// </summary>
    private void Release()
    {
        if (_currentDevice != _number)
            Teardown.Attempt(() => Driver.SetCurrent(_context));
        _currentDevice = 0;
        if (Stream != 0)
            Teardown.Attempt(() => Driver.Synchronize(Stream));
        _staging?.Dispose();
        Memory?.Dispose();
        _kernels?.Dispose();
        if (Stream != 0)
            Teardown.Attempt(() => Driver.DestroyStream(Stream));
        Teardown.Attempt(() => Driver.ReleasePrimaryContext(_handle));
    }
}
