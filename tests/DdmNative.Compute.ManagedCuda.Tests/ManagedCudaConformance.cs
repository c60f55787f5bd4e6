using DdmNative.Compute.Cuda;
using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.ManagedCuda.Tests;

/// <summary>
/// The kernels through ManagedCuda, with the tolerances of every backend, on the machine's CUDA device or the driver that
/// <c>DDM_CUDA_DRIVER</c> names.
/// </summary>
public abstract class ManagedCudaConformance(DeviceOwner owner, string precision) : ConformanceSuite(owner)
{
    protected override Device CreateDevice()
    {
        try
        {
            return new ManagedCudaFamily().Open("", precision);
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}

/// <summary>float32 products.</summary>
public sealed class Fp32ManagedCudaConformance(DeviceOwner owner) : ManagedCudaConformance(owner, "fp32");

/// <summary>Tensor cores, whose kernels need more shared memory than the default limit.</summary>
public sealed class Tf32x3ManagedCudaConformance(DeviceOwner owner) : ManagedCudaConformance(owner, "tf32x3");
