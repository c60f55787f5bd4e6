using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Ilgpu.Tests;

/// <summary>
/// The kernels on ILGPU's CPU accelerator, which simulates a GPU thread by thread, at shapes that it computes in milliseconds.
/// </summary>
[LargestCase(20_000)]
public sealed class CpuIlgpuConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice() => new IlgpuFamily().Open("cpu", "fp32");
}

/// <summary>
/// The PTX that ILGPU compiles from the kernels, on the machine's CUDA device or on the driver that <c>DDM_CUDA_DRIVER</c> names; skipped
/// with the reason where there is no device.
/// </summary>
public sealed class CudaIlgpuConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice()
    {
        try
        {
            return new IlgpuFamily().Open("cuda", "fp32");
        }
        catch (DeviceUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}
