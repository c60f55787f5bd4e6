using DdmNative.Runs.Experiments;

namespace DdmNative.Cli.Output;

/// <summary>Writes an experiment's result to standard output: one JSON object, or a table in Markdown.</summary>
internal static class ExperimentWriter
{
    public static void Write(Experiment experiment, ExperimentResult result, string folder, bool json)
    {
        string chart = Path.Combine(folder, experiment.Name + ".svg");
        if (!json)
        {
            Console.Out.WriteLine($"{experiment.Title}\n\n{result.Caption}\n\n{result.Table.Markdown()}\nFigure: {chart}");
            return;
        }

        JsonResult.Write(new
        {
            experiment = experiment.Name,
            rows = result.Table.Rows.Select(row => result.Table.Keys.Zip(row.Keys, (name, key) => (name, (object?)key))
                .Concat(result.Table.Figures.Zip(row.Figures, (name, figure) => (name, (object?)figure)))
                    .ToDictionary(cell => cell.name, cell => cell.Item2)),
            chart,
        });
    }
}
