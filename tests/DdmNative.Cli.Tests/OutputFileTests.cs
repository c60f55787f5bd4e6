using DdmNative.Cli.Output;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>Where an option may have a result written, and how.</summary>
[Collection(Commands.Name)]
public sealed class OutputFileTests(RunFiles files)
{
    [Fact]
    public void A_link_stays_and_what_it_leads_to_is_written()
    {
        string target = files.PathOf("target.csv"), link = files.PathOf("link.csv");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, "target.csv");

        OutputFile.Find("--csv", link).Write(file => file.WriteByte((byte)'n'));

        Assert.Equal("n", File.ReadAllText(target));
        Assert.Equal("target.csv", new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void A_device_is_written_through()
    {
        OutputFile.Find("--csv", "/dev/null").Write(file => file.WriteByte((byte)'n'));

        Assert.Equal(Attribution.Formats.FileKind.Device, Attribution.Formats.FileKinds.Of("/dev/null"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/no/such/folder/x.csv")]
    [InlineData("/dev/null/x.csv")]
    [InlineData("x\0.csv")]
    public void What_cannot_be_a_file_is_refused_by_the_options_name(string path)
        => Assert.StartsWith("--csv: found ", Assert.Throws<BadUsageException>(() => OutputFile.Find("--csv", path)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_link_in_a_circle_is_refused()
    {
        string one = files.PathOf("circle-1"), two = files.PathOf("circle-2");
        File.CreateSymbolicLink(one, two);
        File.CreateSymbolicLink(two, one);

        Assert.Throws<BadUsageException>(() => OutputFile.Find("--csv", one));
    }

    [Theory]
    [InlineData("run.json")]
    [InlineData("target.safetensors")]
    [InlineData("attribution.npz")]
    [InlineData("report.html")]
    [InlineData("attribution/new.csv")]
    public void A_runs_own_file_is_refused_and_stays(string name)
    {
        string path = Path.Combine(files.Whole, name);
        byte[]? before = File.Exists(path) ? File.ReadAllBytes(path) : null;

        foreach (string[] arguments in (string[][])[["export", "--csv", path], ["export", "--parquet", path],
            ["unlearn", "--remove", "0", "--out", path]])
        {
            Ddm.Result refused = Ddm.Run([arguments[0], "--run", files.Whole, .. arguments[1..]]);
            Assert.Equal(2, refused.Code);
            Assert.Contains("a file of the run itself", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(before, File.Exists(path) ? File.ReadAllBytes(path) : null);
    }

    [Fact]
    public void Standard_output_takes_the_table_alone()
    {
        Ddm.Result dash = Ddm.Run("export", "--run", files.Whole, "--csv", "-"),
            path = Ddm.Run("export", "--run", files.Whole, "--csv", "/dev/stdout");
        Assert.Equal(0, Ddm.Run("export", "--run", files.Whole, "--csv", files.PathOf("same.csv")).Code);

        Assert.Equal(File.ReadAllText(files.PathOf("same.csv")), dash.Output);
        Assert.Equal(dash.Output, path.Output);
        Assert.Equal(2, Ddm.Run("export", "--run", files.Whole, "--csv", "-", "--json").Code);
        Assert.Equal(2, Ddm.Run("export", "--run", files.Whole, "--csv", "-", "--parquet", "-").Code);
        Assert.Equal(2, Ddm.Run("export", "--run", files.Whole, "--csv", files.PathOf("x"), "--parquet", files.PathOf("x")).Code);
    }
}
