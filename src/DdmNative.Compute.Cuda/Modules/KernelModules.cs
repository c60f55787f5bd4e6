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

    private readonly Lock guard = new();
    private readonly ICudaDriver driver;
    private readonly KernelImages images;
    private readonly Dictionary<KernelImage, nint> modules = [];
    private readonly Dictionary<KernelImage, IReadOnlyDictionary<string, PtxInstructionMix>> mixes = [];
    private readonly Dictionary<string, nint> functions = new(StringComparer.Ordinal);
    private readonly Dictionary<nint, int> allowedSharedBytes = [];
    private readonly List<LoadedModule> loaded = [];

    /// <exception cref="CudaException">There is one module for all kernels, which is loaded at once, and the driver refuses it.</exception>
    public KernelModules(ICudaDriver driver, KernelImages images)
    {
        (this.driver, this.images) = (driver, images);
        if (images.Whole is KernelImage whole)
            Module(whole);
    }

    /// <summary>What has been loaded so far, in order.</summary>
    public IReadOnlyList<LoadedModule> Loaded
    {
        get
        {
            lock (guard)
                return [.. loaded];
        }
    }

    /// <summary>The kernel's handle, allowed so much dynamic shared memory; its module is loaded if it has not been.</summary>
    /// <exception cref="CudaUnavailableException">No module holds it.</exception>
    /// <exception cref="CudaException">The driver refuses the module, or does not find the kernel in it.</exception>
    public nint Function(string name, int dynamicSharedBytes)
    {
        lock (guard)
        {
            if (!functions.TryGetValue(name, out nint function))
                functions[name] = function = driver.Function(Module(images.Find(name)), name);
            if (dynamicSharedBytes > SharedBytesForAll && allowedSharedBytes.GetValueOrDefault(function) < dynamicSharedBytes)
            {
                driver.AllowDynamicSharedMemory(function, dynamicSharedBytes);
                allowedSharedBytes[function] = dynamicSharedBytes;
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
            driver.FunctionAttribute(FunctionAttribute.Registers, function),
            driver.FunctionAttribute(FunctionAttribute.SharedBytes, function),
            driver.FunctionAttribute(FunctionAttribute.LocalBytes, function), Mix(name));
    }

    /// <summary>Unloads all; what the driver no longer takes goes with the context.</summary>
    public void Dispose()
    {
        foreach (nint module in modules.Values)
            Teardown.Attempt(() => driver.UnloadModule(module));
        modules.Clear();
    }

    private nint Module(KernelImage image)
    {
        if (modules.TryGetValue(image, out nint module))
            return module;
        byte[] bytes = image.Read();
        long begin = Stopwatch.GetTimestamp();
        modules[image] = module = driver.LoadModule(image.Name, bytes);
        loaded.Add(new LoadedModule(image.Name, bytes.Length, KernelImage.IsCubin(bytes), Stopwatch.GetElapsedTime(begin)));
        return module;
    }

    private PtxInstructionMix? Mix(string kernel)
    {
        lock (guard)
        {
            KernelImage image = images.Find(kernel);
            if (!mixes.TryGetValue(image, out IReadOnlyDictionary<string, PtxInstructionMix>? ofImage))
            {
                byte[] bytes = image.Read();
                mixes[image] = ofImage = KernelImage.IsCubin(bytes) ? new Dictionary<string, PtxInstructionMix>()
                    : PtxInstructionMix.Of(bytes);
            }
            return ofImage.GetValueOrDefault(kernel);
        }
    }
}
