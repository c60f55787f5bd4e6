using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>The kernels in float32 on the machine's CUDA device, or on whatever driver <c>DDM_CUDA_DRIVER</c> names; skipped with the reason where there is none.</summary>
public sealed class CudaConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice()
    {
        try
        {
            return new CudaDevice();
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}
