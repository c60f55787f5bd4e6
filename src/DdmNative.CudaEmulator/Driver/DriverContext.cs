using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// A context: everything that was allocated and loaded in it is destroyed with it. Each host thread has a stack of contexts, of which the
/// top one is current.
/// </summary>
internal sealed class DriverContext
{
    [ThreadStatic]
    private static Stack<DriverContext>? _threadStack;

    private readonly HashSet<ulong> _allocations = [];
    private readonly HashSet<DriverModule> _modules = [];
    private readonly Dictionary<int, ulong> _limits = new() { [0] = 1024, [1] = 1 << 20, [2] = 8 << 20, [3] = 2, [4] = 2048, [5] = 128,
        [6] = 0 };

    public DriverContext(DriverDevice device, uint flags)
    {
        (Device, Flags) = (device, flags);
        DefaultStream = new DriverStream(this, 0, 0);
        Handle = HandleTable.Add(this);
    }

    public nint Handle { get; }

    public DriverDevice Device { get; }

    public EmulatedDevice Memory => Device.Emulated;

    public uint Flags { get; set; }

    /// <summary>The legacy default stream.</summary>
    public DriverStream DefaultStream { get; }

    /// <summary>The code of the kernel fault that made this context unusable, or success.</summary>
    public CudaError Fault { get; set; }

    public bool IsDestroyed { get; private set; }

    /// <summary>Streams that are being captured.</summary>
    public List<DriverStream> Capturing { get; } = [];

    public static Stack<DriverContext> ThreadStack => _threadStack ??= new();

    /// <exception cref="EmulatorException">The thread has no current context, or it was destroyed.</exception>
    public static DriverContext Current
    {
        get
        {
            if (!ThreadStack.TryPeek(out DriverContext? context))
                throw new EmulatorException(CudaError.InvalidContext, "this thread has no current context");
            return context.IsDestroyed
                ? throw new EmulatorException(CudaError.ContextIsDestroyed, "the current context was destroyed") : context;
        }
    }

    public void RequireHealthy()
    {
        if (Fault != CudaError.Success)
            throw new EmulatorException(Fault, "a kernel of this context has failed before");
    }

    /// <summary>A stream of this context by its handle; handles 0 to 2 are the default stream.</summary>
    public DriverStream Stream(nint handle)
    {
        if (handle is >= 0 and <= 2)
            return DefaultStream;
        DriverStream stream = HandleTable.Get<DriverStream>(handle);
        Abi.Require(stream.Context == this, "the stream belongs to another context", CudaError.InvalidHandle);
        return stream;
    }

    public ulong Allocate(ulong bytes)
    {
        ulong address = Memory.Allocate(bytes);
        _allocations.Add(address);
        return address;
    }

    public void Free(ulong address)
    {
        // As in C, freeing null does nothing.
        if (address == 0)
            return;
        Memory.Free(address);
        _allocations.Remove(address);
    }

    /// <summary>
    /// For calls that cannot be captured and would wait for streams that are being captured (CUDA Driver API,
    /// cuThreadExchangeStreamCaptureMode): they invalidate those captures.
    /// </summary>
    public void RequireNoCapture(string call)
    {
        DriverStream[] spoilt = [.. Capturing.Where(stream => stream.Capture!.Forbids(Environment.CurrentManagedThreadId))];
        foreach (DriverStream stream in spoilt)
            stream.Capture!.IsInvalid = true;
        Abi.Require(spoilt.Length == 0, $"{call} while a stream is being captured", CudaError.StreamCaptureUnsupported);
    }

    public ulong Limit(int limit)
        => _limits.TryGetValue(limit, out ulong value) ? value : throw new EmulatorException(CudaError.UnsupportedLimit, $"limit {limit}");

    public void SetLimit(int limit, ulong value)
    {
        Limit(limit);
        _limits[limit] = value;
    }

    public void Destroy()
    {
        lock (Device.Lock)
        {
            IsDestroyed = true;
            foreach (DriverModule module in _modules.ToArray())
                module.Unload();
            foreach (ulong address in _allocations)
                Memory.Free(address);
            _allocations.Clear();
            HandleTable.RemoveWhere(value => value == this || (value is IOfContext part && part.Context == this));
        }
    }

    public void Add(DriverModule module) => _modules.Add(module);

    public void Remove(DriverModule module) => _modules.Remove(module);
}

/// <summary>An object that is destroyed with its context.</summary>
internal interface IOfContext
{
    DriverContext Context { get; }
}
