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
    /// The architecture that the PTX was written for: 80 for <c>.target sm_80</c>. It is independent of the version of the ISA,
    /// <c>.version</c>.
    /// </summary>
    public int Target { get; }

    public bool IsUnloaded { get; private set; }

    /// <summary>The handle of a kernel, the same for each call.</summary>
    /// <exception cref="EmulatorException">NotFound: the module has no such kernel.</exception>
    public nint Function(string name)
    {
        if (_functions.TryGetValue(name, out nint known))
            return known;
        LoadedKernel kernel = Loaded.FindKernel(name)
            ?? throw new EmulatorException(CudaError.NotFound, $"the module has no kernel '{name}'");
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
    /// Checks that the device can run the module and returns the target's number. PTX runs on devices of its target's compute capability
    /// and later; targets that end in <c>a</c> run on no other.
    /// </summary>
    private int RequireTarget(PtxModule module)
    {
        (int major, int minor) = Context.Device.Capability;
        string digits = module.Target.StartsWith("sm_", StringComparison.Ordinal) ? module.Target[3..] : "";
        bool exact = digits.EndsWith('a');
        Abi.Require(
            int.TryParse(exact ? digits[..^1] : digits, out int target),
            $"the target '{module.Target}' is not valid, expected one such as sm_80", CudaError.InvalidPtx);
        Abi.Require(exact ? target == 10 * major + minor : target <= 10 * major + minor,
            $"the module is for {module.Target}, the device is sm_{major}{minor} ({DriverSettings.CapabilityVariable} sets it)",
            CudaError.NoBinaryForGpu);
        Abi.Require(module.AddressSize == 64, $"the module has addresses of {module.AddressSize} bits, expected .address_size 64",
            CudaError.InvalidPtx);
        return target;
    }
}

/// <summary>A kernel with the attributes that were set for it.</summary>
internal sealed class DriverFunction(DriverModule module, LoadedKernel kernel) : IOfContext, IDisposable
{
    private nint _nativeName;

    /// <summary>Shared memory of a block without opt-in (CUDA C++ Programming Guide, "Shared Memory").</summary>
    public const int SharedBytesForAll = 48 << 10;

    public DriverContext Context => Module.Context;

    public DriverModule Module { get; } = module;

    public LoadedKernel Kernel { get; } = kernel;

    public int MaxDynamicSharedBytes { get; set; } = Math.Max(0, SharedBytesForAll - kernel.StaticSharedBytes);

    /// <summary>The kernel's name in native memory, valid as long as its module is loaded.</summary>
    public nint NativeName => _nativeName == 0 ? _nativeName = Marshal.StringToCoTaskMemUTF8(Kernel.Name) : _nativeName;

    public int PreferredCarveout { get; set; } = -1;

    public void Dispose() => Marshal.FreeCoTaskMem(_nativeName);
}
