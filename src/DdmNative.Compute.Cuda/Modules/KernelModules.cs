using System.Diagnostics;
using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>
/// The kernels of one device, looked up by name. A module is loaded, and if it is PTX compiled by the driver, when one of its kernels is
/// first requested: a job pays for what it uses. Kernels are requested when a launch is made or recorded, never during stream capture, when
/// a driver may refuse to load.
/// </summary>
/// <remarks>Every member may be called by several threads, with the device's context current.</remarks>
internal sealed class KernelModules : IDisposable
{
    /// <summary>
    /// The most dynamic shared memory that a kernel gets without a request (CUDA C++ Programming Guide, "Shared Memory").
    /// </summary>
    private const int SharedBytesForAll = 48 * 1024;

    private readonly Lock _guard = new();
    private readonly ICudaDriver _driver;
    private readonly KernelImages _images;
    private readonly Dictionary<KernelImage, nint> _modules = [];
    private readonly Dictionary<KernelImage, IReadOnlyDictionary<string, PtxInstructionMix>> _mixes = [];
    private readonly Dictionary<string, nint> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<nint, int> _allowedSharedBytes = [];
    private readonly List<LoadedModule> _loaded = [];

    /// <exception cref="CudaException">There is one module for all kernels, which is loaded at once, and the driver refuses it.</exception>
    public KernelModules(ICudaDriver driver, KernelImages images)
    {
        (_driver, _images) = (driver, images);
        if (images.Whole is KernelImage whole)
            Module(whole);
    }

    /// <summary>The modules loaded so far, in order.</summary>
    public IReadOnlyList<LoadedModule> Loaded
    {
        get
        {
            lock (_guard)
                return [.. _loaded];
        }
    }

    /// <summary>The kernel's handle, allowed that much dynamic shared memory; loads its module if necessary.</summary>
    /// <exception cref="CudaUnavailableException">No module holds it.</exception>
    /// <exception cref="CudaException">The driver refuses the module, or does not find the kernel in it.</exception>
    public nint Function(string name, int dynamicSharedBytes)
    {
        lock (_guard)
        {
            if (!_functions.TryGetValue(name, out nint function))
                _functions[name] = function = _driver.Function(Module(_images.FindModule(name)), name);
            if (dynamicSharedBytes > SharedBytesForAll && _allowedSharedBytes.GetValueOrDefault(function) < dynamicSharedBytes)
            {
                _driver.AllowDynamicSharedMemory(function, dynamicSharedBytes);
                _allowedSharedBytes[function] = dynamicSharedBytes;
            }
            return function;
        }
    }

    /// <summary>The static properties of a kernel.</summary>
    /// <exception cref="CudaUnavailableException">No module holds it.</exception>
    /// <exception cref="CudaException">The driver refuses the module, or does not find the kernel in it.</exception>
    public KernelFacts Facts(string name)
    {
        nint function = Function(name, 0);
        return new KernelFacts(
            _driver.FunctionAttribute(FunctionAttribute.Registers, function),
            _driver.FunctionAttribute(FunctionAttribute.SharedBytes, function),
            _driver.FunctionAttribute(FunctionAttribute.LocalBytes, function), Mix(name));
    }

    /// <summary>Unloads all modules; ignores failures, because destroying the context unloads them too.</summary>
    public void Dispose()
    {
        foreach (nint module in _modules.Values)
            Teardown.Attempt(() => _driver.UnloadModule(module));
        _modules.Clear();
    }

    private nint Module(KernelImage image)
    {
        if (_modules.TryGetValue(image, out nint module))
            return module;
        byte[] bytes = image.Read();
        long begin = Stopwatch.GetTimestamp();
        _modules[image] = module = _driver.LoadModule(image.Name, bytes);
        _loaded.Add(new LoadedModule(image.Name, bytes.Length, KernelImage.IsCubin(bytes), Stopwatch.GetElapsedTime(begin)));
        return module;
    }

    private PtxInstructionMix? Mix(string kernel)
    {
        lock (_guard)
        {
            KernelImage image = _images.FindModule(kernel);
            if (!_mixes.TryGetValue(image, out IReadOnlyDictionary<string, PtxInstructionMix>? ofImage))
            {
                byte[] bytes = image.Read();
                _mixes[image] = ofImage = KernelImage.IsCubin(bytes) ? new Dictionary<string, PtxInstructionMix>()
                    : PtxInstructionMix.Count(bytes);
            }
            return ofImage.GetValueOrDefault(kernel);
        }
    }
}
