using System.Globalization;
using DdmNative.Attribution.Methods;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// The method whose effects lead the terminal and the report: the one that predicted exact retraining best, if some was done; otherwise the
/// first that agrees with the retraining of the last block. The order of the default methods is that of the measured tables
/// (docs/attribution-quality.md).
/// </summary>
/// <param name="Index">Its position among the job's methods.</param>
/// <param name="Reason">Why it leads, as a sentence; null for a job with one method.</param>
internal sealed record LeadMethod(int Index, string? Reason)
{
    // The views that the answer is about: a group's own class, and the total.
    private static readonly string[] Views = ["same", "total"];

    /// <summary>Chooses among the methods of a run.</summary>
    public static LeadMethod Choose(IReadOnlyList<MethodSummary> methods)
    {
        if (methods.Count < 2)
            return new LeadMethod(0, null);
        int[] compared = [.. Enumerable.Range(0, methods.Count).Where(i => Views.Any(methods[i].Correlations.ContainsKey))];
        if (compared.Length > 0)
        {
            int best = compared.MaxBy(i => Mean(methods[i]));
            return new LeadMethod(best, $"{Title(best)} leads: it predicted exact retraining best ({Figures(methods[best])}"
                + $"{string.Concat(compared.Where(i => i != best).Select(i => $"; {Title(i)} {Figures(methods[i])}"))}).");
        }

        int first = Enumerable.Range(0, methods.Count).FirstOrDefault(i => methods[i].Agrees == true, -1);
        if (first > 0 && methods[0].Agrees == false)
            return new LeadMethod(first, $"{Title(first)} leads: {Title(0)} does not agree with a retraining of the last block.");
        return new LeadMethod(0, methods[0].Name == MethodRegistry.Default
            ? $"{Title(0)} leads: it was accurate at every size that was measured (docs/attribution-quality.md)."
            : $"{Title(0)} leads: it is the first of the run's methods, and nothing has been retrained to compare them.");

        string Title(int i) => MethodRegistry.Title(methods[i].Name);
    }

    private static double Mean(MethodSummary method)
        => Views.Where(method.Correlations.ContainsKey).Average(view => method.Correlations[view]);

    private static string Figures(MethodSummary method)
        => string.Join(" and ", Views.Where(method.Correlations.ContainsKey).Select(view => string.Create(CultureInfo.InvariantCulture,
            $"{method.Correlations[view]:0.00} {(view == "same" ? "on the own class" : "in total")}")));
}
