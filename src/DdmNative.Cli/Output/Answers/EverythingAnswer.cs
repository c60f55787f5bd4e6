using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>The answer of <c>run</c> and <c>merge</c>: everything that the job requested, the effects first.</summary>
internal static class EverythingAnswer
{
    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        AttributedAnswer.WriteEffects(console, summary);
        RetrainedGroups? retrained = summary.RetrainedGroups is null ? null : RetrainedGroups.Read(summary.Run);
        if (retrained is not null)
        {
            console.WriteLine();
            ValidatedAnswer.WriteAgreement(console, summary, retrained);
        }

        MethodTable.Write(console, summary);
        if (retrained is not null)
            ValidatedAnswer.WriteGroups(console, retrained);
        Lines.WriteRetraining(console, summary);
        if (summary.Evaluation is not null)
        {
            console.WriteLine();
            EvaluatedAnswer.WriteEvaluation(console, summary.Evaluation);
        }

        if (summary.Unlearned is not null)
        {
            console.WriteLine();
            UnlearnedAnswer.Write(console, summary, copy: null);
        }

        Lines.WriteFile(console, "Report", summary.Run, "report.html");
        console.WriteLine($"Run: {summary.Run}");
    }
}
