using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// The kernels on the machine's CUDA device, or on the driver that <c>DDM_CUDA_DRIVER</c> names; skipped with the reason if there is none.
/// Each precision runs the tests that use products, and is a class of its own, so that the precisions run in parallel.
/// </summary>
[SuitePart(withProducts: true)]
public abstract class CudaConformance(DeviceOwner owner, Precision precision) : ConformanceSuite(owner)
{
    protected override Device CreateDevice()
    {
        try
        {
            return new CudaDevice(0, precision);
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}

/// <summary>
/// The tests that are declared free of products, once, on a device whose precision does not exist: a test that is declared so by mistake
/// asks for a kernel that no module contains, and fails.
/// </summary>
[SuitePart(withProducts: false)]
public sealed class ProductFreeCudaConformance(DeviceOwner owner) : CudaConformance(owner, (Precision)(-1));

/// <summary>float32 products, with the tolerances of every backend.</summary>
public sealed class Fp32CudaConformance(DeviceOwner owner) : CudaConformance(owner, Precision.Fp32);

/// <summary>3×TF32: the operands' low parts are multiplied too, so the tolerances are those of float32.</summary>
public sealed class Tf32x3CudaConformance(DeviceOwner owner) : CudaConformance(owner, Precision.Tf32x3);

/// <summary>
/// TF32: each operand is rounded to ten bits of mantissa, a relative error of up to 2⁻¹¹ ≈ 4.9e-4 (2⁻¹⁰ where the unit truncates), so the
/// tolerance is 2e-3 for products of two, and twice that where tens of them cancel in a single result. In a network's pass rounding also
/// flips ReLUs whose input is near zero; with the few pixels of the suite's images that changes up to an eighth of a cotangent. 3×TF32,
/// which takes the same path, checks a pass with the tolerance of float32.
/// </summary>
public sealed class Tf32CudaConformance(DeviceOwner owner) : CudaConformance(owner, Precision.Tf32)
{
    protected override double ConvolutionTolerance => 2e-3;

    protected override double ProductTolerance => 4e-3;

    protected override double ChainTolerance => 0.2;
}
