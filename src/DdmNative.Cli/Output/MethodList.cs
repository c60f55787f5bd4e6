using DdmNative.Attribution.Methods;

namespace DdmNative.Cli.Output;

/// <summary>All methods of attribution for people who choose one.</summary>
internal static class MethodList
{
    public static void Write(TextWriter output)
    {
        int width = MethodRegistry.All.Max(method => method.Name.Length) + 2;
        string indent = new(' ', width);
        foreach (MethodDescription method in MethodRegistry.All)
        {
            output.WriteLine($"{method.Name.PadRight(width)}{method.Summary}");
            output.WriteLine($"{indent}source: {method.Source}; unit: {method.Unit}{(method.NeedsGradients ? "; objectives: loss, margin, logit" : "")}");
            if (method.Settings.Count > 0)
                output.WriteLine($"{indent}settings: {string.Join(", ", method.Settings)}");
        }
    }
}
