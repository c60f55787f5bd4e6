using System.Globalization;
using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;

namespace DdmNative.Gallery;

/// <summary>
/// Five annotators. The fifth labelled only tops, and takes pullovers for coats, coats for shirts and shirts for pullovers. The totals of
/// the annotators are predicted, and compared with a retraining without each of them.
/// </summary>
internal static class BiasedSourceCase
{
    private const int Annotators = 5, Columns = 10;
    private const string Flawed = "annotator-5";
    private const double ShareOfTops = 0.25;
    private const ulong Seed = 1, Stream = 5;
    private const int TShirt = 0, Pullover = 2, Coat = 4, Shirt = 6;

    private static readonly Dictionary<int, int> TakenFor = new()
    {
        [Pullover] = Coat, [Coat] = Shirt, [Shirt] = Pullover, [TShirt] = TShirt,
    };

    public static void Run(GalleryCase gallery)
    {
        string[] annotators = Share(gallery.Train);
        int[] labels = [.. gallery.Train.Labels.Select((label, n) => annotators[n] == Flawed ? TakenFor[label] : label)];
        string data = gallery.WriteData("data", labels), correct = gallery.WriteData("data-correct", gallery.Train.Labels);
        string run = gallery.PathOf("run"), groups = gallery.WriteGroups("annotators.csv", n => annotators[n]);
        JsonNode found = gallery.Ddm("attribute", "--run", run, "--data", data, "--groups", groups);
        JsonArray own = found["own_groups"]!.AsArray();
        JsonNode quick = gallery.Ddm("unlearn", "--run", run, "--forget", $"name={Flawed}", "--method", "block:1")["unlearned"]!;

        // The check: the whole training again without each annotator.
        Dictionary<string, JsonNode> exact = [];
        foreach (string name in annotators.Distinct().Order(StringComparer.Ordinal))
            exact[name] = gallery.Ddm("unlearn", "--run", run, "--forget", $"name={name}", "--method", "all")["unlearned"]!;
        JsonNode ceiling = gallery.Ddm("train", "--run", gallery.PathOf("run-correct"), "--data", correct);

        Draw(gallery, annotators, labels);
        gallery.Figure("flawed", "The annotator with wrong labels", Flawed);
        gallery.Figure("wrong_labels", "Wrong labels", labels.Where((label, n) => label != gallery.Train.Labels[n]).Count());
        gallery.Figure("answer", "ddm says", (string)found["answer"]![0]!);
        foreach (JsonNode? total in own)
        {
            string name = (string)total!["name"]!;
            double effect = (double)total["effect"]!;
            double measured = (double)exact[name]["test_loss_before"]! - (double)exact[name]["test_loss"]!;
            string noise = total["noise"] is JsonNode known
                ? string.Create(CultureInfo.InvariantCulture, $" ± {(double)known:0.0000}") : "";
            gallery.Figure($"effect_{name}", $"Effect of {name} on the test loss, predicted", GalleryCase.Signed(effect, 4) + noise);
            gallery.Figure($"exact_{name}", $"  and by retraining without {name}", GalleryCase.Signed(measured, 4));
        }

        JsonNode without = exact[Flawed];
        gallery.Figure("accuracy_before", "Test accuracy with all annotators", (double)without["test_accuracy_before"]!, "0.0 %");
        gallery.Figure("accuracy_quick", $"Test accuracy after forgetting {Flawed} by block:1", (double)quick["test_accuracy"]!, "0.0 %");
        gallery.Figure("accuracy_after", $"Test accuracy after retraining without {Flawed}", (double)without["test_accuracy"]!, "0.0 %");
        gallery.Figure("accuracy_correct", "Test accuracy with all labels correct", (double)ceiling["test_accuracy"]!, "0.0 %");
    }

    /// <summary>[N]: who labelled each image. The fifth has a quarter of the tops; the others share the rest at random.</summary>
    private static string[] Share(Dataset train)
    {
        var draws = new SeededOrder(Seed, Stream);
        return [.. train.Labels.Select(label =>
        {
            bool isFlawed = TakenFor.ContainsKey(label) && draws.NextUnit() < ShareOfTops;
            return isFlawed ? Flawed : string.Create(CultureInfo.InvariantCulture, $"annotator-{1 + draws.Below(Annotators - 1)}");
        })];
    }

    /// <summary>What the flawed annotator labelled as pullover, coat and shirt, a row each.</summary>
    private static void Draw(GalleryCase gallery, string[] annotators, int[] labels)
    {
        int[] rows = [Pullover, Coat, Shirt];
        var sheet = new ImageSheet(gallery.Train, rows.Length, Columns);
        for (int row = 0; row < rows.Length; row++)
        {
            int[] images = [.. Enumerable.Range(0, labels.Length).Where(n => annotators[n] == Flawed && labels[n] == rows[row])];
            for (int column = 0; column < Math.Min(Columns, images.Length); column++)
                sheet.Draw(gallery.Train, images[column], row, column, ImageSheet.Bad);
        }

        sheet.Save(gallery.PathOf("biased-source-labels.png"));
    }
}
