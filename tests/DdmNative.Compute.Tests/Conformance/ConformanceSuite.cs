using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// The test of a backend: every operation of the contracts, with its tangents, is compared with the float64 reference, over many shapes.
/// A backend joins with one class that creates its device; if the machine has none, <see cref="CreateDevice"/> may call <c>Skip.If</c>.
/// </summary>
/// <remarks>
/// One file per family of operations. Every call runs on poisoned outputs (NaN), eagerly and twice inside a plan, with the same bits each
/// time, and must not change its inputs and the neighbours of its slices: see <see cref="Workbench"/>.
/// </remarks>
public abstract partial class ConformanceSuite(DeviceOwner owner) : IClassFixture<DeviceOwner>
{
    /// <summary>Largest relative error (in the Euclidean norm) of an operation whose sums are short.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>The same for convolutions, whose filter gradients are sums over thousands of pixels, in any order.</summary>
    protected virtual double ConvolutionTolerance => 2e-5;

    /// <summary>The same for matrix products. A backend whose products are coarser than float32 by design states its own bound.</summary>
    protected virtual double ProductTolerance => Tolerance;

    /// <summary>The same for the results of a network's whole pass: rounding accumulates along two blocks and a head.</summary>
    protected virtual double ChainTolerance => 1e-4;

    protected abstract Device CreateDevice();

    private Workbench Open(IConformanceCase testCase)
        => new(owner.Get(CreateDevice), testCase.Members, testCase.SharedOperands, testCase.Seed, testCase.ToString()!);
}
