using DdmNative.Attribution.Methods;

namespace DdmNative.Cli.Output;

/// <summary>Lists all attribution methods for users who choose one.</summary>
internal static class MethodList
{
    /// <summary>Writes to standard output: one JSON object, or text for people.</summary>
    public static void Write(bool json)
    {
        if (json)
            JsonResult.Write(new { methods = MethodRegistry.All.Select(Describe) });
        else
            WriteText(Console.Out);
    }

    private static object Describe(MethodDescription method) => new
    {
        method.Name,
        method.Usage,
        method.Aliases,
        Kind = method.Kind == MethodKind.Models ? "models" : "effects",
        method.Summary,
        method.Source,
        method.Unit,
        method.Granularities,
        method.NeedsGradients,
        method.Settings,
    };

    private static void WriteText(TextWriter output)
    {
        int width = MethodRegistry.All.Max(method => method.Usage.Length) + 2;
        string indent = new(' ', width);
        foreach (MethodDescription method in MethodRegistry.All)
        {
            output.WriteLine($"{method.Usage.PadRight(width)}{method.Summary}");
            output.WriteLine($"{indent}source: {method.Source}; unit: "
                + $"{method.Unit}{(method.NeedsGradients ? "; objectives: loss, margin, logit" : "")}");
            if (method.Settings.Count > 0)
                output.WriteLine($"{indent}settings: {string.Join(", ", method.Settings)}");
        }
    }
}
