using System.Reflection;
using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>
/// What a new contract needs beside what the compiler demands (docs/contributing.md): a property of <see cref="DeviceOperations"/>
/// and of <see cref="Device"/>, a reference, a conformance test of each operation, and one call with an operand of the wrong shape.
/// </summary>
public sealed class ContractTests
{
    private static readonly Type[] Suite =
        [.. typeof(ConformanceSuite).Assembly.GetTypes().Where(type => type.Namespace == typeof(ConformanceSuite).Namespace)];

    [Theory]
    [InlineData(typeof(DeviceOperations))]
    [InlineData(typeof(Device))]
    public void Every_contract_is_a_property_of_the_same_name(Type owner)
        => Assert.Equal(
            ContractOperations.Contracts.Select(contract => (contract.Name, contract)),
            owner.GetProperties().Where(property => property.PropertyType.Namespace == typeof(Contracts.Convolution).Namespace)
                .Select(property => (property.Name, property.PropertyType)).OrderBy(property => property.Name, StringComparer.Ordinal));

    [Fact]
    public void Every_contract_has_a_reference()
    {
        string prefix = $"{typeof(ContractTests).Namespace}.Reference.Reference";

        Assert.All(ContractOperations.Contracts,
            contract => Assert.NotNull(typeof(ContractTests).Assembly.GetType(prefix + contract.Name)));
    }

    [Fact]
    public void Every_operation_is_called_by_the_conformance_suite() => Assert.Empty(ContractOperations.NotCalledBy(Suite));

    [Fact]
    public void Every_contract_is_called_with_an_operand_of_the_wrong_shape()
    {
        const string test = nameof(ConformanceSuite.Operands_of_the_wrong_shape_are_named);
        IReadOnlySet<MethodBase> called = ContractOperations.CalledBy(Suite, test);

        Assert.Empty(ContractOperations.Contracts.Except(called.Select(operation => operation.DeclaringType!)));
    }

    /// <summary>The check above can fail: a class that calls one operation leaves all others.</summary>
    [Fact]
    public void An_operation_that_is_not_called_is_found()
    {
        IReadOnlyList<string> missing = ContractOperations.NotCalledBy([typeof(CallsOneOperation)]);

        Assert.Equal(ContractOperations.All.Count - 1, missing.Count);
        Assert.DoesNotContain("LinearCombination.Copy(a, y)", missing);
        Assert.Contains("LinearCombination.Combine(alpha, a, beta, b, y)", missing);
    }

    private static class CallsOneOperation
    {
        public static void Run(Device device, Tensor a) => device.LinearCombination.Copy(a, a);
    }
}
