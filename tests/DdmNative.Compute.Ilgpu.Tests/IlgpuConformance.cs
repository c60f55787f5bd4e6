using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Ilgpu.Tests;

/// <summary>The kernels on ILGPU's CPU accelerator, at tiny shapes.</summary>
public sealed class CpuIlgpuConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override long LargestCase => 20_000;

    protected override Device CreateDevice() => new IlgpuFamily().Open("cpu", "fp32");
}

/// <summary>The PTX that ILGPU makes of the kernels, on the machine's CUDA device or on whatever driver <c>DDM_CUDA_DRIVER</c> names; skipped with the reason where there is none.</summary>
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
