using System.Text;
using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets.Fetch;

public sealed class ChecksumManifestTests
{
    private const string Sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void Both_forms_of_sha256sum_are_read()
        => Assert.Equal([("a.npz", Sum), ("deep/b.npz", Sum)],
            Parse($"# made by hand\n{Sum}  ./a.npz\r\n\n{Sum.ToUpperInvariant()} *deep/b.npz\n").Entries);

    [Fact]
    public void An_editors_byte_order_mark_and_the_form_of_BSD_are_read()
        => Assert.Equal([("a.npz", Sum), ("b (1).npz", Sum)],
            Parse($"\uFEFF{Sum}  a.npz\nSHA256 (b (1).npz) = {Sum.ToUpperInvariant()}\n").Entries);

    [Fact]
    public void A_name_with_a_line_break_or_a_backslash_is_escaped()
    {
        Assert.Equal([("a\nb", Sum), ("c\rd", Sum)], Parse($"\\{Sum}  a\\nb\n\\{Sum} *c\\rd\n").Entries);
        Assert.Throws<BadInputException>(() => Parse($"\\{Sum}  a\\tb\n"));
        Assert.Throws<BadInputException>(() => Parse($"\\{Sum}  ends in a backslash\\\n"));
    }

    [SkippableTheory]
    [InlineData("a\\\\..\\\\x", "a\\..\\x")]
    [InlineData("c:x", "c:x")]
    public void What_another_system_takes_for_a_path_is_a_name_here(string written, string name)
    {
        Skip.If(OperatingSystem.IsWindows(), "such names are paths on Windows");
        Assert.Equal([(name, Sum)], Parse($"\\{Sum}  {written}\n").Entries);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/x")]
    [InlineData("a/../../x")]
    [InlineData("a//x")]
    public void A_path_that_leads_out_of_the_folder_is_refused(string name)
    => Assert.Contains("stays in the folder", Assert.Throws<BadInputException>(() => Parse($"{Sum}  {name}\n")).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("e3b0  a.npz")]
    [InlineData(Sum)]
    [InlineData(Sum + "  a\n" + Sum + "  a")]
    public void What_is_no_list_is_refused(string text) => Assert.Throws<BadInputException>(() => Parse(text));

    [Fact]
    public void Mutated_lists_are_read_or_refused()
        => Fuzz.Run(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 3).Select(i => $"{Sum}  folder/file-{i}.bin\n"))),
            bytes => ChecksumManifest.Parse("SHA256SUMS", bytes));

    private static ChecksumManifest Parse(string text) => ChecksumManifest.Parse("SHA256SUMS", Encoding.UTF8.GetBytes(text));
}
