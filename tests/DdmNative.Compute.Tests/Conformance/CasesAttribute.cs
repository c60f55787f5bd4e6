using System.Reflection;
using Xunit.Sdk;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// The largest case that a suite runs, in <see cref="IConformanceCase.Work"/>: for devices that only simulate another and would take hours.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LargestCaseAttribute(long work) : Attribute
{
    public long Work { get; } = work;
}

/// <summary>
/// A theory's cases: a static property of <see cref="Cases"/> or of the theory's class, without the cases that are larger than the suite's
/// <see cref="LargestCaseAttribute"/> allows. They are left out rather than skipped, so that a skipped test always means a device or tool
/// is missing.
/// </summary>
/// <param name="property">The property's name.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CasesAttribute(string property) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
    {
        // The suite that runs inherits the theory: it is the reflected type, not the declaring one.
        Type suite = testMethod.ReflectedType ?? throw new InvalidOperationException($"{testMethod.Name} belongs to no class.");
        PropertyInfo source = Find(typeof(Cases)) ?? Find(testMethod.DeclaringType!)
            ?? throw new InvalidOperationException(
                $"{testMethod.Name}: neither {nameof(Cases)} nor its class has a static property {property}.");
        long largest = suite.GetCustomAttribute<LargestCaseAttribute>()?.Work ?? long.MaxValue;
        var rows = (IEnumerable<object[]>)source.GetValue(null)!;
        return rows.Where(row => row is not [IConformanceCase testCase] || testCase.Work <= largest);
    }

    private PropertyInfo? Find(Type type) => type.GetProperty(property, BindingFlags.Static | BindingFlags.Public);
}
