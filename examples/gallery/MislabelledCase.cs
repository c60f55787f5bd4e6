using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Gallery;

/// <summary>
/// A tenth of the labels is wrong. The training images are ranked by their own loss, which finds wrong labels best (docs/evaluation.md);
/// the first tenth is removed, and the network is trained again without it. Nothing but the count of removed images uses the knowledge of
/// which labels are wrong.
/// </summary>
internal static class MislabelledCase
{
    private const double Wrong = 0.1;
    private const ulong Seed = 1;
    private const int Columns = 10, Rows = 4, Named = 5;

    public static void Run(GalleryCase gallery)
    {
        (Dataset noisy, bool[] planted) = LabelNoise.Plant(gallery.Train, Wrong, Seed);
        string data = gallery.WriteData("data", noisy.Labels), correct = gallery.WriteData("data-correct", gallery.Train.Labels);
        string run = gallery.PathOf("run");
        gallery.Ddm("train", "--run", run, "--data", data);
        gallery.Ddm("attribute", "--run", run, "--method", "loss", "--granularity", "sample", "--objectives", "loss", "--samples", "none");
        double[] effects = Npz.Read(Path.Combine(run, "attribution.npz")).Elements<double>("matrix");

        // The image's own loss, read as harm: the most suspicious first.
        int[] order = [.. Enumerable.Range(0, effects.Length).OrderByDescending(n => effects[n])];
        int count = planted.Count(wrong => wrong);
        HashSet<int> suspects = [.. order.Take(count)];
        string groups = gallery.WriteGroups("suspects.csv", n => suspects.Contains(n) ? "suspect" : "rest");
        string without = gallery.PathOf("without");
        JsonNode predicted = gallery.Ddm("attribute", "--run", without, "--from", run, "--data", data, "--groups", groups,
            "--method", "head");
        JsonNode unlearned = gallery.Ddm("unlearn", "--run", without, "--forget", "name=suspect", "--method", "all")["unlearned"]!;
        JsonNode ceiling = gallery.Ddm("train", "--run", gallery.PathOf("run-correct"), "--data", correct);

        Draw(gallery, order, planted);
        string first = string.Join(", ", order.Take(Named).Select(n => planted[n]
            ? $"{GalleryCase.ClassNames[gallery.Train.Labels[n]]} labelled {GalleryCase.ClassNames[noisy.Labels[n]]}"
            : $"{GalleryCase.ClassNames[noisy.Labels[n]]}, rightly"));
        int found = suspects.Count(n => planted[n]);
        gallery.Figure("wrong_labels", "Wrong labels, planted", count);
        gallery.Figure("removed", "Images removed, the most suspicious first", suspects.Count);
        gallery.Figure("precision", "Of these with a wrong label", found / (double)suspects.Count, "0.0 %");
        gallery.Figure("first", "The first five", first);
        gallery.Figure("precision_100", "Of the first hundred", order.Take(100).Count(n => planted[n]) / 100.0, "0.0 %");
        gallery.Figure("answer", "ddm says", (string)predicted["answer"]![0]!);
        gallery.Figure("accuracy_before", "Test accuracy with the wrong labels", (double)unlearned["test_accuracy_before"]!, "0.0 %");
        gallery.Figure("accuracy_after", "Test accuracy without the removed images", (double)unlearned["test_accuracy"]!, "0.0 %");
        gallery.Figure("accuracy_correct", "Test accuracy with all labels correct", (double)ceiling["test_accuracy"]!, "0.0 %");
        gallery.Figure("loss_before", "Test loss with the wrong labels", (double)unlearned["test_loss_before"]!, "0.000");
        gallery.Figure("loss_after", "Test loss without the removed images", (double)unlearned["test_loss"]!, "0.000");
        gallery.Figure("loss_correct", "Test loss with all labels correct", (double)ceiling["test_loss"]!, "0.000");
    }

    /// <summary>The first images of the list, row by row: red for a wrong label, blue for one that is right.</summary>
    private static void Draw(GalleryCase gallery, int[] order, bool[] planted)
    {
        var sheet = new ImageSheet(gallery.Train, Rows, Columns);
        for (int i = 0; i < Rows * Columns; i++)
            sheet.Draw(gallery.Train, order[i], i / Columns, i % Columns, planted[order[i]] ? ImageSheet.Bad : ImageSheet.Good);
        sheet.Save(gallery.PathOf("mislabelled-suspects.png"));
    }
}
