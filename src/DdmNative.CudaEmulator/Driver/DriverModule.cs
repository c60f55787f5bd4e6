using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>A module loaded in a context.</summary>
internal sealed class DriverModule : IOfContext
{
    private readonly Dictionary<string, nint> _functions = [];

    public DriverModule(DriverContext context, string ptx)
    {
        Context = context;
        PtxModule module = PtxParser.Parse(ptx);
        Target = RequireTarget(module);
        Loaded = context.Memory.Load(module);
        context.Add(this);
    }

    public DriverContext Context { get; }

    public LoadedModule Loaded { get; }

    /// <summary>
    /// The architecture that the PTX was written for, <c>.target sm_80</c> being 80; the version of the ISA, <c>.version</c>, is another
    /// thing.
    /// </summary>
    public int Target { get; }

    public bool IsUnloaded { get; private set; }

    /// <summary>The handle of a kernel, the same at each call.</summary>
    /// <exception cref="EmulatorException">NotFound.</exception>
    public nint Function(string name)
    {
        if (_functions.TryGetValue(name, out nint known))
            return known;
        LoadedKernel kernel = Loaded.FindKernel(name) ?? throw new EmulatorException(CudaError.NotFound, $"the module has no kernel '{name}'");
        return _functions[name] = HandleTable.Add(new DriverFunction(this, kernel));
    }

    public void Unload()
    {
        IsUnloaded = true;
        foreach (nint handle in _functions.Values)
            HandleTable.Remove<DriverFunction>(handle).Dispose();
        _functions.Clear();
        Context.Remove(this);
        Loaded.Dispose();
    }

    /// <summary>
    /// PTX runs on devices of its target's compute capability and later; that of targets with an <c>a</c> after it on no other. The
    /// target's number.
    /// </summary>
    private int RequireTarget(PtxModule module)
    {
        (int major, int minor) = Context.Device.Capability;
        string digits = module.Target.StartsWith("sm_", StringComparison.Ordinal) ? module.Target[3..] : "";
        bool exact = digits.EndsWith('a');
        Abi.Require(int.TryParse(exact ? digits[..^1] : digits, out int target), $"the target '{module.Target}' is none, expected one such as sm_80", CudaError.InvalidPtx);
        Abi.Require(exact ? target == 10 * major + minor : target <= 10 * major + minor,
            $"the module is for {module.Target}, the device is sm_{major}{minor} ({DriverSettings.CapabilityVariable} sets it)", CudaError.NoBinaryForGpu);
        Abi.Require(module.AddressSize == 64, $"the module has addresses of {module.AddressSize} bits, expected .address_size 64", CudaError.InvalidPtx);
        return target;
    }
}

/// <summary>A kernel with what was set for it.</summary>
internal sealed class DriverFunction(DriverModule module, LoadedKernel kernel) : IOfContext, IDisposable
{
    private nint _nativeName;

    /// <summary>What a block may have without asking (CUDA C++ Programming Guide, "Shared Memory").</summary>
    public const int SharedBytesForAll = 48 << 10;

    public DriverContext Context => Module.Context;

    public DriverModule Module { get; } = module;

    public LoadedKernel Kernel { get; } = kernel;

    public int MaxDynamicSharedBytes { get; set; } = Math.Max(0, SharedBytesForAll - kernel.StaticSharedBytes);

    /// <summary>The kernel's name, as long as its module is loaded.</summary>
    public nint NativeName => _nativeName == 0 ? _nativeName = Marshal.StringToCoTaskMemUTF8(Kernel.Name) : _nativeName;

    public int PreferredCarveout { get; set; } = -1;

    public void Dispose() => Marshal.FreeCoTaskMem(_nativeName);
}
