using System.Runtime.Versioning;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public sealed class DatasetLocatorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_generated_set_is_described_in_words()
    {
        (Dataset train, Dataset test) = DatasetLocator.Open(
            "generated:classes=3,per-class=5,test-per-class=2,channels=3,size=8,clusters=2,seed=9");
        Assert.Equal((15, 6, 3, 8, 3), (train.Count, test.Count, train.Channels, train.Height, train.Classes));
        var options = new GeneratedOptions { Classes = 3, PerClass = 5, TestPerClass = 2, Channels = 3, Size = 8, ClustersPerClass = 2,
            Seed = 9 };
        Assert.Equal(GeneratedDataset.Make(options).Train.Images, train.Images);
        Assert.Equal(160, DatasetLocator.Open("generated").Train.Count);
    }

    [Theory]
    [InlineData("generated:classes=0", "classes")]
    [InlineData("generated:classes", "classes")]
    [InlineData("generated:size=1e3", "size")]
    [InlineData("generated:size=8,size=9", "size")]
    [InlineData("generated:colour=3", "colour")]
    [InlineData("generated:seed=-1", "seed")]
    [InlineData("generated:classes=1000,per-class=100000", "pixels in total")]
    public void A_description_that_is_wrong_names_the_key(string specification, string key)
    {
        var error = Assert.Throws<BadInputException>(() => DatasetLocator.Open(specification));
        Assert.Equal((specification, key), (error.File, error.Field));
    }

    [Fact]
    public void The_format_of_a_folder_is_found()
    {
        byte[] record = new byte[3073];
        _folder.Write("data_batch_1.bin", record);
        _folder.Write("test_batch.bin", record);
        Assert.Equal(10, DatasetLocator.Open(_folder.ToString()).Test.Classes);
    }

    [Fact]
    public void Folders_that_are_missing_empty_or_of_two_formats_are_refused()
    {
        Assert.Contains("no such folder", Refusal(_folder.File("none")), StringComparison.Ordinal);
        Assert.Contains("no known format", Refusal(_folder.ToString()), StringComparison.Ordinal);
        _folder.Write("train.npz", []);
        _folder.Write("train.bin", []);
        Assert.Contains("CIFAR binary (data_batch_*.bin or train.bin) and npz (train.npz)", Refusal(_folder.ToString()),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_told_from_a_folder_that_is_not_there()
    {
        string path = _folder.Write("data_batch_1.bin", [1]);
        Assert.Contains("found a file, expected a folder", Refusal(path), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(UnixFileMode.None)]
    [InlineData(UnixFileMode.UserRead)]
    [UnsupportedOSPlatform("windows")]
    public void A_folder_without_rights_is_bad_input(UnixFileMode mode)
    {
        Skip.If(Environment.IsPrivilegedProcess, "needs a user whom rights bind");
        _folder.Write("train.npz", [1]);
        File.SetUnixFileMode(_folder.ToString(), mode);
        try
        {
            Assert.Contains("Check the folder and its permissions.", Refusal(_folder.ToString()), StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(_folder.ToString(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Refusal(string specification)
        => Assert.Throws<BadInputException>(() => DatasetLocator.Open(specification)).Message;
}
