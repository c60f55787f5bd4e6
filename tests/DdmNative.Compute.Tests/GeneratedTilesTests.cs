using System.Runtime.CompilerServices;
using DdmNative.MicroKernels;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>The register tiles in the repository are those that their generator writes.</summary>
public class GeneratedTilesTests
{
    public static TheoryData<string> Files => [.. GeneratedFiles.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void FileIsWhatTheGeneratorWrites(string name)
    {
        string generated = GeneratedFiles.All.Single(file => file.Name == name).Text;

        Assert.True(generated == File.ReadAllText(Path.Combine(Folder(), name)),
            $"{name} differs from its generator; run build/micro-kernels.sh.");
    }

    [Fact]
    public void FolderHasNoOtherFile()
        => Assert.Equal(
            GeneratedFiles.All.Select(file => file.Name).Order(StringComparer.Ordinal),
            Directory.GetFiles(Folder()).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    private static string Folder([CallerFilePath] string here = "")
        => Path.Combine(Path.GetDirectoryName(here)!, "../../src/DdmNative.Compute/Cpu/Products/Generated");
}
