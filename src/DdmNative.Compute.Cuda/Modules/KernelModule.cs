using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>The kernels of this build, compiled by the driver for one device, looked up by name.</summary>
internal sealed class KernelModule : IDisposable
{
    /// <summary>Beyond this, a kernel's dynamic shared memory has to be asked for (CUDA C++ Programming Guide, "Shared Memory").</summary>
    private const int SharedBytesForAll = 48 * 1024;

    private readonly ICudaDriver driver;
    private readonly Dictionary<string, nint> functions = [];
    private readonly Dictionary<nint, int> allowedSharedBytes = [];
    private readonly Lazy<IReadOnlyDictionary<string, PtxInstructionMix>> mixes;
    private readonly nint module;

    public KernelModule(ICudaDriver driver, byte[] ptx)
    {
        (this.driver, module) = (driver, driver.LoadModule(ptx));
        mixes = new Lazy<IReadOnlyDictionary<string, PtxInstructionMix>>(() => PtxInstructionMix.Of(ptx));
    }

    /// <summary>The kernel's handle, allowed so much dynamic shared memory.</summary>
    /// <exception cref="CudaException">The module has no such kernel.</exception>
    public nint Function(string name, int dynamicSharedBytes)
    {
        if (!functions.TryGetValue(name, out nint function))
            functions[name] = function = driver.Function(module, name);
        if (dynamicSharedBytes > SharedBytesForAll && allowedSharedBytes.GetValueOrDefault(function) < dynamicSharedBytes)
        {
            driver.AllowDynamicSharedMemory(function, dynamicSharedBytes);
            allowedSharedBytes[function] = dynamicSharedBytes;
        }
        return function;
    }

    /// <summary>What is known of a kernel without running it.</summary>
    /// <exception cref="CudaException">The module has no such kernel.</exception>
    public KernelFacts Facts(string name)
    {
        nint function = Function(name, 0);
        return new KernelFacts(
            driver.FunctionAttribute(FunctionAttribute.Registers, function), driver.FunctionAttribute(FunctionAttribute.SharedBytes, function),
            driver.FunctionAttribute(FunctionAttribute.LocalBytes, function), mixes.Value[name]);
    }

    public void Dispose() => driver.UnloadModule(module);
}
