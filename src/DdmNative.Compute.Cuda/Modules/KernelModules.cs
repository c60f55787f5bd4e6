using System.Diagnostics;
using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>
/// The kernels of one device, looked up by name. A module is loaded, and where it is PTX compiled by the driver, when one of its kernels is
/// first asked for: a job pays for what it uses. Asked for are kernels when a launch is made or written down, never while a stream is being
/// captured, when a driver may refuse to load.
/// </summary>
/// <remarks>Every member may be called by several threads, with the device's context current.</remarks>
internal sealed class KernelModules : IDisposable
{
    /// <summary>Beyond this, a kernel's dynamic shared memory has to be asked for (CUDA C++ Programming Guide, "Shared Memory").</summary>
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

    /// <summary>What has been loaded so far, in order.</summary>
    public IReadOnlyList<LoadedModule> Loaded
    {
        get
        {
            lock (_guard)
                return [.. _loaded];
        }
    }

    /// <summary>The kernel's handle, allowed so much dynamic shared memory; its module is loaded if it has not been.</summary>
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

    /// <summary>What is known of a kernel without running it.</summary>
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

    /// <summary>Unloads all; what the driver no longer takes goes with the context.</summary>
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
