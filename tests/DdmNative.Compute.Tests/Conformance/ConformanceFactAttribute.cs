using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>A fact of the conformance suite. It can be skipped, as a <see cref="SkippableFactAttribute"/> can.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(
    "DdmNative.Compute.Tests.Conformance.ConformanceFactDiscoverer", "DdmNative.Compute.Tests")]
public sealed class ConformanceFactAttribute : FactAttribute, IConformanceTest
{
    /// <inheritdoc/>
    public bool UsesProducts { get; init; } = true;
}

/// <summary>Finds a fact in the classes that run it.</summary>
/// <param name="diagnostics">Receives xunit's messages.</param>
public sealed class ConformanceFactDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    private readonly SkippableFactDiscoverer _all = new(diagnostics);

    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
        => SuitePartAttribute.IsRun(testMethod, factAttribute) ? _all.Discover(discoveryOptions, testMethod, factAttribute) : [];
}
