namespace DdmNative.Compute.Cuda.Driver;

/// <summary>
/// The calls of the CUDA driver that this backend makes, one method each, with the driver's terms. Handles are the driver's pointers;
/// device memory is a 64-bit address; streams, events, modules and graphs belong to the context that is current on the calling thread.
/// </summary>
/// <remarks>
/// Every method throws <see cref="CudaException"/> when the driver reports a failure, of this call or of earlier asynchronous work.
/// </remarks>
internal interface ICudaDriver
{
    /// <summary>The family of its devices in <c>--device</c>, before the colon.</summary>
    string Family => "cuda";

    /// <summary>cuInit. Throws <see cref="CudaUnavailableException"/> if there is no driver or no device.</summary>
    void Initialize();

    /// <summary>1000 · major + 10 · minor of the CUDA version that the driver supports.</summary>
    int Version();

    int DeviceCount();

    int Device(int ordinal);

    string DeviceName(int device);

    long TotalMemory(int device);

    int Attribute(DeviceAttribute attribute, int device);

    nint RetainPrimaryContext(int device);

    void ReleasePrimaryContext(int device);

    void SetCurrent(nint context);

    (long Free, long Total) MemoryInfo();

    ulong Allocate(long bytes);

    void Free(ulong address);

    /// <summary>Page-locked host memory, which copies can be asynchronous to and from.</summary>
    nint AllocateHost(long bytes);

    void FreeHost(nint memory);

    void CopyToDevice(ulong destination, nint source, long bytes, nint stream);

    void CopyToHost(nint destination, ulong source, long bytes, nint stream);

    void Fill(ulong destination, uint word, long words, nint stream);

    /// <summary>A stream that does not wait for the legacy default stream.</summary>
    nint CreateStream();

    void DestroyStream(nint stream);

    void Synchronize(nint stream);

    nint CreateEvent(bool timing);

    void DestroyEvent(nint @event);

    void Record(nint @event, nint stream);

    bool HasHappened(nint @event);

    void Wait(nint @event);

    /// <summary>Between two events that have happened.</summary>
    float Milliseconds(nint start, nint end);

    /// <summary>
    /// Loads a module for the current context's device: a cubin as it is; PTX is compiled, with line information for debuggers and
    /// profilers. The exception names the module and contains the compiler's log.
    /// </summary>
    nint LoadModule(string name, ReadOnlySpan<byte> image);

    void UnloadModule(nint module);

    nint Function(nint module, string name);

    void AllowDynamicSharedMemory(nint function, int bytes);

    int FunctionAttribute(FunctionAttribute attribute, nint function);

    void Launch(nint function, in KernelLaunch launch, nint stream, KernelArguments arguments);

    void BeginCapture(nint stream);

    nint EndCapture(nint stream);

    /// <summary>Makes a graph executable; the graph itself may then be destroyed.</summary>
    nint Instantiate(nint graph);

    void LaunchGraph(nint executable, nint stream);

    void DestroyGraph(nint graph);

    void DestroyExecutable(nint executable);
}
