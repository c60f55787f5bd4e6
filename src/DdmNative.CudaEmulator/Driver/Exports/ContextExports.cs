using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Contexts, including primary ones (CUDA Driver API, "Context Management", "Primary Context Management").</summary>
internal static unsafe class ContextExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static CudaError cuDevicePrimaryCtxRetain(nint* context, int device) => Abi.Call(() =>
    {
        DriverDevice owner = EmulatedDriver.Device(device);
        Abi.Required(context, nameof(context));
        lock (owner.Lock)
        {
            owner.Primary ??= new DriverContext(owner, owner.PrimaryFlags);
            owner.PrimaryReferences++;
            *context = owner.Primary.Handle;
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static CudaError cuDevicePrimaryCtxRelease(int device) => Abi.Call(() =>
    {
        DriverDevice owner = EmulatedDriver.Device(device);
        lock (owner.Lock)
        {
            Abi.Require(owner.PrimaryReferences > 0, "the primary context is not retained", CudaError.InvalidContext);
            if (--owner.PrimaryReferences == 0)
                EndPrimary(owner);
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxReset_v2")]
    public static CudaError cuDevicePrimaryCtxReset(int device) => Abi.Call(() =>
    {
        DriverDevice owner = EmulatedDriver.Device(device);
        lock (owner.Lock)
            EndPrimary(owner);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxGetState")]
    public static CudaError cuDevicePrimaryCtxGetState(int device, uint* flags, int* active) => Abi.Call(() =>
    {
        DriverDevice owner = EmulatedDriver.Device(device);
        *Abi.Required(flags, nameof(flags)) = owner.PrimaryFlags;
        *Abi.Required(active, nameof(active)) = owner.Primary is null ? 0 : 1;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxSetFlags_v2")]
    public static CudaError cuDevicePrimaryCtxSetFlags(int device, uint flags)
    => Abi.Call(() => EmulatedDriver.Device(device).PrimaryFlags = flags);

    [UnmanagedCallersOnly(EntryPoint = "cuCtxCreate_v2")]
    public static CudaError cuCtxCreate(nint* context, uint flags, int device) => Abi.Call(() =>
    {
        Abi.Required(context, nameof(context));
        DriverContext made = new(EmulatedDriver.Device(device), flags);
        DriverContext.ThreadStack.Push(made);
        *context = made.Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxDestroy_v2")]
    public static CudaError cuCtxDestroy(nint context) => Abi.Call(() =>
    {
        DriverContext destroyed = Context(context);
        Abi.Require(destroyed.Device.Primary != destroyed, "a primary context is released, not destroyed", CudaError.InvalidContext);
        destroyed.Destroy();
        if (DriverContext.ThreadStack.TryPeek(out DriverContext? top) && top == destroyed)
            DriverContext.ThreadStack.Pop();
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetCurrent")]
    public static CudaError cuCtxSetCurrent(nint context) => Abi.Call(() =>
    {
        DriverContext? chosen = context == 0 ? null : Context(context);
        DriverContext.ThreadStack.TryPop(out _);
        if (chosen is not null)
            DriverContext.ThreadStack.Push(chosen);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetCurrent")]
    public static CudaError cuCtxGetCurrent(nint* context)
        => Abi.Call(() => *Abi.Required(context, nameof(context)) = DriverContext.ThreadStack.TryPeek(out DriverContext? current)
            ? current.Handle : 0);

    [UnmanagedCallersOnly(EntryPoint = "cuCtxPushCurrent_v2")]
    public static CudaError cuCtxPushCurrent(nint context) => Abi.Call(() => DriverContext.ThreadStack.Push(Context(context)));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxPopCurrent_v2")]
    public static CudaError cuCtxPopCurrent(nint* context) => Abi.Call(() =>
    {
        Abi.Require(DriverContext.ThreadStack.TryPop(out DriverContext? popped), "this thread has no current context",
            CudaError.InvalidContext);
        if (context != null)
            *context = popped!.Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetDevice")]
    public static CudaError cuCtxGetDevice(int* device)
    => Abi.Call(() => *Abi.Required(device, nameof(device)) = DriverContext.Current.Device.Ordinal);

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetFlags")]
    public static CudaError cuCtxGetFlags(uint* flags) => Abi.Call(() => *Abi.Required(flags, nameof(flags)) = DriverContext.Current.Flags);

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetFlags")]
    public static CudaError cuCtxSetFlags(uint flags) => Abi.Call(() => DriverContext.Current.Flags = flags);

    /// <summary>A handle is never reused, so it serves as the unique id.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetId")]
    public static CudaError cuCtxGetId(nint context, ulong* id)
        => Abi.Call(() => *Abi.Required(id, nameof(id)) = (ulong)(context == 0 ? DriverContext.Current : Context(context)).Handle);

    /// <summary>Does nothing: no cache is emulated.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxResetPersistingL2Cache")]
    public static CudaError cuCtxResetPersistingL2Cache() => Abi.InContext(_ => { });

    /// <summary>Refused: devices cannot access one another's memory, as cuDeviceCanAccessPeer reports.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxEnablePeerAccess")]
    public static CudaError cuCtxEnablePeerAccess(nint peer, uint flags) => Abi.InContext(_ =>
    {
        Context(peer);
        Abi.Require(flags == 0, $"flags {flags}");
        throw new EmulatorException(CudaError.PeerAccessUnsupported, "devices cannot access one another's memory");
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxDisablePeerAccess")]
    public static CudaError cuCtxDisablePeerAccess(nint peer) => Abi.InContext(_ =>
    {
        Context(peer);
        throw new EmulatorException(CudaError.PeerAccessNotEnabled, "access to the other device was never enabled");
    });

    /// <summary>Does nothing: a profiler that observes the emulator sees all of it.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuProfilerStart")]
    public static CudaError cuProfilerStart() => Abi.InContext(_ => { });

    [UnmanagedCallersOnly(EntryPoint = "cuProfilerStop")]
    public static CudaError cuProfilerStop() => Abi.InContext(_ => { });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSynchronize")]
    public static CudaError cuCtxSynchronize() => Abi.InContext(context => context.RequireNoCapture("cuCtxSynchronize"));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetApiVersion")]
    public static CudaError cuCtxGetApiVersion(nint context, uint* version) => Abi.Call(() =>
    {
        _ = context == 0 ? DriverContext.Current : Context(context);
        *Abi.Required(version, nameof(version)) = 3020;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetLimit")]
    public static CudaError cuCtxGetLimit(nuint* value, int limit)
    => Abi.InContext(context => *Abi.Required(value, nameof(value)) = (nuint)context.Limit(limit));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetLimit")]
    public static CudaError cuCtxSetLimit(int limit, nuint value) => Abi.InContext(context => context.SetLimit(limit, value));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetCacheConfig")]
    public static CudaError cuCtxGetCacheConfig(int* configuration)
    => Abi.InContext(_ => *Abi.Required(configuration, nameof(configuration)) = 0);

    /// <summary>A preference, which has no effect since no cache is emulated.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetCacheConfig")]
    public static CudaError cuCtxSetCacheConfig(int configuration) =>
        Abi.InContext(_ => Abi.Require(configuration is >= 0 and <= 3, $"{configuration} is not a cache configuration"));

    /// <summary>Banks of four bytes, as on every GPU since 2014 (CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE).</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetSharedMemConfig")]
    public static CudaError cuCtxGetSharedMemConfig(int* configuration)
    => Abi.InContext(_ => *Abi.Required(configuration, nameof(configuration)) = 1);

    /// <summary>A preference, which GPUs with a fixed bank width ignore.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetSharedMemConfig")]
    public static CudaError cuCtxSetSharedMemConfig(int configuration) =>
        Abi.InContext(_ => Abi.Require(configuration is >= 0 and <= 2, $"{configuration} is not a configuration of shared memory"));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetStreamPriorityRange")]
    public static CudaError cuCtxGetStreamPriorityRange(int* least, int* greatest) => Abi.InContext(_ =>
    {
        if (least != null)
            *least = StreamExports.LowestPriority;
        if (greatest != null)
            *greatest = StreamExports.GreatestPriority;
    });

    private static void EndPrimary(DriverDevice owner)
    {
        owner.Primary?.Destroy();
        owner.Primary = null;
    }

    private static DriverContext Context(nint handle) => HandleTable.Get<DriverContext>(handle, CudaError.InvalidContext);
}
