using System.Reflection;
using Xunit.Abstractions;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// Restricts a subclass of <see cref="ConformanceSuite"/> to a part of its tests. A class without this attribute runs all of them. A
/// backend that multiplies in several precisions runs the part with products in each, and the other part once.
/// </summary>
/// <param name="withProducts">True: the tests that use products; false: those that are declared free of them.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SuitePartAttribute(bool withProducts) : Attribute
{
    /// <summary>Whether the part is that of the tests that use products.</summary>
    public bool WithProducts => withProducts;

    /// <summary>Whether the test's class runs the test.</summary>
    /// <param name="testMethod">The test in its class.</param>
    /// <param name="attribute">The test's attribute, an <see cref="IConformanceTest"/>.</param>
    internal static bool IsRun(ITestMethod testMethod, IAttributeInfo attribute)
    {
        Type type = ((IReflectionTypeInfo)testMethod.TestClass.Class).Type;
        var part = type.GetCustomAttribute<SuitePartAttribute>();
        var test = (IConformanceTest)((IReflectionAttributeInfo)attribute).Attribute;
        return part is null || part.WithProducts == test.UsesProducts;
    }
}
