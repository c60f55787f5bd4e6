using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Names of classes as a command line gives them.</summary>
public sealed class ClassNameListTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cat,dog", "cat", "dog")]
    [InlineData(" T-shirt/top , Ankle boot", "T-shirt/top", "Ankle boot")]
    [InlineData("cat,,dog", "cat", "", "dog")]
    public void Commas_separate_names(string text, params string[] names) => Assert.Equal(names, ClassNameList.Parse(text));

    [Theory]
    [InlineData("cat\ndog\n")]
    [InlineData("\uFEFFcat\r\ndog\r\n\n")]
    [InlineData("cat\ndog")]
    public void A_file_has_a_name_on_each_line(string content)
        => Assert.Equal(["cat", "dog"], ClassNameList.Parse(_folder.Write("a,b.txt", System.Text.Encoding.UTF8.GetBytes(content))));

    [Fact]
    public void An_empty_line_between_names_is_kept_for_the_rules_to_refuse()
        => Assert.Equal(["cat", "", "dog"], ClassNameList.Parse(_folder.Write("names.txt", "cat\n\ndog\n"u8.ToArray())));

    [Fact]
    public void A_missing_file_and_one_that_is_no_text_are_refused()
    {
        Assert.Contains("cat,dog", Assert.Throws<BadInputException>(() => ClassNameList.Parse(_folder.File("nowhere"))).Message,
            StringComparison.Ordinal);
        string path = _folder.Write("names.txt", [.. "cat\n"u8, 0xFF, 0xFE]);
        Assert.Equal("byte 4", Assert.Throws<BadInputException>(() => ClassNameList.Parse(path)).Field);
    }

    [Fact]
    public void Many_names_are_longer_than_any_path()
        => Assert.Equal(1000, ClassNameList.Parse(string.Join(',', Enumerable.Range(0, 1000).Select(c => $"class {c}"))).Count);
}
