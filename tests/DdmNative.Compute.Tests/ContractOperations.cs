using System.Buffers.Binary;
using System.Reflection;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests;

/// <summary>The contracts of <see cref="Contracts"/> and their operations, by reflection, and which of them a program calls.</summary>
public static class ContractOperations
{
    private const BindingFlags Members =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Every contract: an abstract class beside <see cref="Convolution"/>.</summary>
    public static IReadOnlyList<Type> Contracts { get; } =
        [.. typeof(Convolution).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == typeof(Convolution).Namespace && type is { IsClass: true, IsAbstract: true, IsSealed: false })
            .OrderBy(type => type.Name, StringComparer.Ordinal)];

    /// <summary>Every operation: a public instance method of a contract.</summary>
    public static IReadOnlyList<MethodInfo> All { get; } =
        [.. Contracts.SelectMany(contract => contract.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))];

    /// <summary>The operations that no method of these types calls, as <c>Contract.Operation(parameters)</c>.</summary>
    public static IReadOnlyList<string> NotCalledBy(IEnumerable<Type> types)
    {
        IReadOnlySet<MethodBase> called = CalledBy(types);
        return [.. All.Where(operation => !called.Contains(operation)).Select(Describe)];
    }

    /// <summary>The operations that these types call, in all methods or only in one, with its lambdas.</summary>
    public static IReadOnlySet<MethodBase> CalledBy(IEnumerable<Type> types, string inMethod = "")
        => types.SelectMany(type => type.GetMembers(Members).OfType<MethodBase>())
            .Where(method => method.Name.Contains(inMethod, StringComparison.Ordinal)).SelectMany(Calls).ToHashSet();

    /// <summary>
    /// The methods of contracts that a method's code calls: every operand of a byte that is the opcode of a call, if it is the token of
    /// such a method. Other bytes that look like that do not matter, because they would have to be the token of one of these few methods.
    /// </summary>
    private static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        const byte call = 0x28, callVirtual = 0x6F;
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (int i = 0; i + 4 < code.Length; i++)
        {
            if (code[i] is not (call or callVirtual))
                continue;
            int token = BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(i + 1));
            if (Resolve(method.Module, token) is MethodBase target)
                yield return target;
        }
    }

    private static string Describe(MethodInfo operation)
    {
        IEnumerable<string?> parameters = operation.GetParameters().Select(parameter => parameter.Name);
        return $"{operation.DeclaringType!.Name}.{operation.Name}({string.Join(", ", parameters)})";
    }

    private static MethodBase? Resolve(Module module, int token)
    {
        // A reference to a member of another assembly.
        if (token >>> 24 != 0x0A)
            return null;
        try
        {
            return module.ResolveMember(token) is MethodBase method && Contracts.Contains(method.DeclaringType) ? method : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
