using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>A theory of the conformance suite. It can be skipped, as a <see cref="SkippableTheoryAttribute"/> can.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(
    "DdmNative.Compute.Tests.Conformance.ConformanceTheoryDiscoverer", "DdmNative.Compute.Tests")]
public sealed class ConformanceTheoryAttribute : TheoryAttribute, IConformanceTest
{
    /// <inheritdoc/>
    public bool UsesProducts { get; init; } = true;
}

/// <summary>Finds the cases of a theory in the classes that run it.</summary>
/// <param name="diagnostics">Receives xunit's messages.</param>
public sealed class ConformanceTheoryDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    private readonly SkippableTheoryDiscoverer _all = new(diagnostics);

    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
        => SuitePartAttribute.IsRun(testMethod, factAttribute) ? _all.Discover(discoveryOptions, testMethod, factAttribute) : [];
}
