using System.Globalization;
using DdmNative.Runs.Summaries;

namespace DdmNative.Cli.Output.Answers;

/// <summary>How groups are named in tables.</summary>
internal static class GroupCells
{
    public static string NameOf(GroupEffect group) => group.Name ?? Number(group.Group);

    public static string NameOf(RetrainedGroup group) => group.Name ?? Number(group.Group);

    public static string ClassOf(GroupEffect group) => ClassOf(group.Class, group.ClassName);

    public static string ClassOf(RetrainedGroup group) => ClassOf(group.Class, group.ClassName);

    public static string Number(double number) => number.ToString("0", CultureInfo.InvariantCulture);

    private static string ClassOf(int of, string? name) => name ?? (of < 0 ? "several" : Number(of));
}
