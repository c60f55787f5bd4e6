using System.Globalization;
using System.Text;
using CsvHelper;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Folders;

/// <summary>A training image whose label may be wrong.</summary>
/// <param name="Sample">Its index in the original training data.</param>
/// <param name="Label">Its class in the data.</param>
/// <param name="Score">How suspicious it is; larger is more.</param>
/// <param name="Predicted">The class that the target predicts.</param>
/// <param name="Probability">The predicted class's probability.</param>
/// <param name="Loss">The target's loss on it under its label.</param>
internal sealed record Suspect(int Sample, int Label, double Score, int Predicted, double Probability, double Loss)
{
    /// <summary>Its file, relative to the data's folder; null if it has no file of its own.</summary>
    public string? File { get; init; }
}

/// <summary>
/// <c>suspects.csv</c>: the training images whose labels are most likely wrong, the most suspicious first, below a comment that says which
/// score ranks them.
/// </summary>
internal static class SuspectFile
{
    public const string Name = "suspects.csv";

    private const string Sample = "sample", File = "file", Label = "label", ClassName = "class_name", Score = "score", Rank = "rank",
        Predicted = "predicted", PredictedName = "predicted_name", Probability = "probability", Loss = "loss";

    /// <param name="path">The file.</param>
    /// <param name="score">The score in one line.</param>
    /// <param name="suspects">The most suspicious first.</param>
    /// <param name="train">The training data, for names.</param>
    public static void Write(string path, string score, IReadOnlyList<Suspect> suspects, Dataset train)
        => AtomicFile.Write(path, stream =>
        {
            stream.Write(Encoding.UTF8.GetBytes($"# score: {score}\n"));
            using CsvWriter csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
            csv.WriteHeader([Sample, File, Label, ClassName, Score, Rank, Predicted, PredictedName, Probability, Loss]);
            foreach ((int rank, Suspect suspect) in suspects.Index())
            {
                foreach (string text in (ReadOnlySpan<string>)[Text(suspect.Sample), suspect.File ?? "", Text(suspect.Label),
                    NameOf(suspect.Label), Text(suspect.Score), Text(rank + 1), Text(suspect.Predicted), NameOf(suspect.Predicted),
                    Text(suspect.Probability), Text(suspect.Loss)])
                    csv.WriteField(text);
                csv.EndRecord();
            }

            string NameOf(int c) => train.ClassNames?[c] ?? "";
        });

    /// <summary>The suspects, the most suspicious first.</summary>
    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public static IReadOnlyList<Suspect> Read(string path)
    {
        using var rows = new CsvRows(path, comment: '#');
        rows.Require(Sample, Label, Score, Predicted, Probability, Loss);
        var suspects = new List<Suspect>();
        while (rows.Next())
        {
            suspects.Add(new Suspect(rows.Number(Sample), rows.Number(Label), rows.Real(Score), rows.Number(Predicted),
                rows.Real(Probability), rows.Real(Loss)) { File = rows.Optional(File) });
        }

        return suspects;
    }

    /// <summary>The score that ranks the suspects, in one line.</summary>
    public static string ScoreOf(string path)
    {
        using var text = new StreamReader(path, Encoding.UTF8);
        return text.ReadLine() is string line && line.StartsWith("# score: ", StringComparison.Ordinal) ? line["# score: ".Length..] : "";
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
