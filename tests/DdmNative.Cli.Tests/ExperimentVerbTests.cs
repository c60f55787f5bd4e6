using System.Text.Json;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class ExperimentVerbTests(RunFiles files)
{
    [Fact]
    public void One_command_writes_a_table_and_a_figure()
    {
        string folder = files.PathOf("experiment");
        string[] command = ["experiment", "useless-data", "--run", folder, "--job", files.Job, "--methods", "head", "--seeds", "1",
            "--json"];

        Ddm.Result result = Ddm.Run(command);

        Assert.True(result.Code == 0, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal(12, document.RootElement.GetProperty("rows").GetArrayLength());
        foreach (string extension in (string[])["csv", "md", "svg"])
            Assert.True(File.Exists(Path.Combine(folder, "useless-data." + extension)), extension);

        Ddm.Result again = Ddm.Run(command[..^1]);
        Assert.DoesNotContain("…", again.Error, StringComparison.Ordinal);
        Assert.Contains("| head | least useful | 50 |", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_other_things_in_it_is_left_alone()
    {
        string folder = Directory.CreateDirectory(files.PathOf("thesis")).FullName;
        File.WriteAllText(Path.Combine(folder, "clusters.csv"), "precious");

        foreach (string path in (string[])[folder, files.Whole, Path.Combine(folder, "clusters.csv")])
            Assert.Equal(3, Ddm.Run("experiment", "clusters", "--run", path, "--job", files.Job).Code);

        Assert.Equal("precious", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(folder))));
    }
}
