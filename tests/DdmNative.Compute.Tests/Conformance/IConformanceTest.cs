namespace DdmNative.Compute.Tests.Conformance;

/// <summary>What a test of the conformance suite declares about the kernels that it runs.</summary>
public interface IConformanceTest
{
    /// <summary>
    /// Whether the test runs kernels that multiply matrices or convolve, whose results depend on the precision of products. True unless
    /// the test declares otherwise, so that a new test runs in every precision.
    /// </summary>
    bool UsesProducts { get; }
}
