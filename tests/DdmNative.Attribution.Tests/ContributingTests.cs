using System.Reflection;
using System.Runtime.CompilerServices;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Online.Baselines;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Methods;
using DdmNative.Attribution.Tests.Networks;
using Xunit;

namespace DdmNative.Attribution.Tests;

/// <summary>
/// What docs/contributing.md promises: a class that is in no list is reported, and so is a method without a test or a description.
/// </summary>
public sealed class ContributingTests
{
    /// <summary>Methods without a golden of PyTorch, and where they are compared with a reference.</summary>
    private static readonly Dictionary<string, string> TestedElsewhere = new()
    {
        ["repair"] = "OnlineModeTests, GoldenTests (matching)",
        ["replay"] = "OnlineModeTests, GoldenTests (matching)",
        ["controlled-replay"] = "OnlineModeTests, GoldenTests (matching)",
        ["push"] = "OnlineModeTests, GoldenTests (matching)",
        ["forget"] = "OnlineModeTests, GoldenTests (matching)",
        ["mask-regression"] = "MaskRegressionTests",
        ["feature"] = "PartialRetrainingTests",
        ["head"] = "PartialRetrainingTests",
        ["block"] = "PartialRetrainingTests",
        ["adjoint"] = "AdjointTests",
        ["auto"] = "AutoTests, CombinedDatamodelTests",
        ["random"] = "it has no value to compare",
    };

    private static readonly Type[] Types = typeof(IAttributionMethod).Assembly.GetTypes();

    [Fact]
    public void Every_method_is_in_the_registry()
        => Assert.Empty(Implementations<IAttributionMethod>()
            .Except(MethodRegistry.All.Select(method => MethodRegistry.Create(method.Words[0]).GetType())));

    [Fact]
    public void Every_online_mode_is_a_method()
        => Assert.Empty(Implementations<IOnlineMode>().Where(mode => mode != typeof(OneStep))
            .Select(mode => ((IOnlineMode)CreateWithDefaults(mode)).Name)
            .Except(MethodRegistry.All.Select(method => method.Name)));

    [Fact]
    public void Every_method_is_described()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "methods.md"));
        Assert.All(MethodRegistry.All, method =>
        {
            Assert.Contains($"`{method.Name}", page, StringComparison.Ordinal);
            Assert.NotEmpty(method.Summary);
            Assert.NotEmpty(method.Source);
            Assert.NotEmpty(method.Granularities);
            Assert.NotNull(method.Settings);
        });
    }

    [Fact]
    public void Every_method_has_a_golden_test()
    {
        IEnumerable<string> golden = typeof(MethodGoldenTests).GetMethod(nameof(MethodGoldenTests.A_method_says_what_PyTorch_says))!
            .GetCustomAttributes<InlineDataAttribute>().SelectMany(data => data.GetData(null!)).Select(row => (string)row[0])
            .Select(text => MethodRegistry.Describe(text).Name);
        Assert.Equal(MethodRegistry.All.Select(method => method.Name).Order(), golden.Concat(TestedElsewhere.Keys).Distinct().Order());
    }

    [Fact]
    public void Every_network_is_in_the_registry()
        => Assert.Empty(Types
            .Where(type => type != typeof(Network)
                && type.GetMethod("Create", BindingFlags.Static | BindingFlags.Public, [typeof(NetworkOptions)])?.ReturnType
                    == typeof(Network))
            .Except(NetworkRegistry.All.Select(network => network.Create.Method.DeclaringType!)));

    [Fact]
    public void Every_network_has_a_case_that_is_compared_with_the_reference()
        => Assert.Empty(NetworkRegistry.Names.Except(NetworkCase.Architectures));

    [Fact]
    public void Every_network_has_a_golden_of_PyTorch()
    {
        IEnumerable<string> golden = Directory.GetFiles(Path.Combine(Root(), "tests", "golden"), "*.safetensors")
            .Select(file => Safetensors.Read(file).Metadata.GetValueOrDefault("architecture")).OfType<string>();
        Assert.Empty(NetworkRegistry.Names.Except(golden));
    }

    [Fact]
    public void Every_dataset_format_is_in_the_list()
        => Assert.Empty(Types
            .Where(type => type.GetMethod("Recognises", BindingFlags.Static | BindingFlags.Public) is not null
                && type.GetMethod("Read", BindingFlags.Static | BindingFlags.Public, [typeof(string)])?.ReturnType
                    == typeof((Dataset, Dataset)))
            .Except(DatasetLocator.Formats.Select(format => format.Recognises.Method.DeclaringType!)));

    private static IEnumerable<Type> Implementations<T>()
        => Types.Where(type => type is { IsClass: true, IsAbstract: false } && typeof(T).IsAssignableFrom(type));

    private static object CreateWithDefaults(Type type)
    {
        ConstructorInfo constructor = type.GetConstructors().Single();
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => parameter.DefaultValue)]);
    }

    private static string Root([CallerFilePath] string thisFile = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
}
