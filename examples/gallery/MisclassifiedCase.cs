using System.Globalization;
using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Gallery;

/// <summary>
/// One test image is classified wrongly. Which training images made it so, and does a network that never saw them classify it rightly? Its
/// margin is compared with that of retrainings, also without as many random images of the same classes, at several seeds.
/// </summary>
internal static class MisclassifiedCase
{
    private const double Removed = 0.01;
    private const int Seeds = 5, Columns = 10;
    private const ulong ControlSeed = 1, Stream = 7;
    private const string Culprit = "culprit", Control = "control";

    public static void Run(GalleryCase gallery)
    {
        string data = gallery.WriteData("data", gallery.Train.Labels), run = gallery.PathOf("run");
        gallery.Ddm("train", "--run", run, "--data", data);
        float[] logits = TrainedModel.Logits(Path.Combine(run, "target.safetensors"), gallery.Test);
        int[] wrong = [.. Enumerable.Range(0, gallery.Test.Count).Where(n => Margin(gallery, logits, n) < 0)
            .OrderBy(n => Margin(gallery, logits, n))];
        // The middle one: neither the most hopeless nor the closest case.
        int chosen = wrong[wrong.Length / 2];
        string objective = new Objective(ObjectiveKind.Margin, ofSamples: [chosen]).Name;
        gallery.Ddm("attribute", "--run", run, "--method", "ekfac", "--granularity", "sample", "--objectives", objective,
            "--samples", "none");
        double[] effects = Npz.Read(Path.Combine(run, "attribution.npz")).Elements<double>("matrix");

        // F(with) − F(without) on a margin: the images that lower it most come first.
        int[] order = [.. Enumerable.Range(0, effects.Length).OrderBy(n => effects[n])];
        int count = (int)Math.Round(Removed * effects.Length);
        int[] culprits = order[..count], control = Alike(gallery.Train, culprits);
        string[] groupOf = [.. Enumerable.Repeat("rest", effects.Length)];
        foreach (int n in culprits)
            groupOf[n] = Culprit;
        foreach (int n in control)
            groupOf[n] = Control;
        string groups = gallery.WriteGroups("culprits.csv", n => groupOf[n]);

        (double Before, double Predicted, double Without, double Random)[] margins = [.. Enumerable.Range(1, Seeds)
            .Select(seed => Retrain(gallery, data, groups, seed, objective, chosen))];
        Draw(gallery, chosen, order);
        int label = gallery.Test.Labels[chosen];
        double[] changes = [.. margins.Select(of => of.Without - of.Before)], random = [.. margins.Select(of => of.Random - of.Before)];
        gallery.Figure("wrong_images", "Test images classified wrongly", wrong.Length);
        gallery.Figure("image", "The image with the middle margin of these", chosen);
        gallery.Figure("label", "Its class", GalleryCase.ClassNames[label]);
        gallery.Figure("predicted", "The network says", GalleryCase.ClassNames[Best(gallery, logits, chosen)]);
        gallery.Figure("removed", "Images removed, those that lower the margin most", count);
        gallery.Figure("culprit_classes", "Their classes", Classes(gallery.Train, culprits));
        gallery.Change("ekfac_change", "Their effects by ekfac, added up", culprits.Sum(n => effects[n]));
        Figures(gallery, "margin", "Margin of the image", margins.Select(of => of.Before));
        Figures(gallery, "margin_predicted", "Margin without them, predicted by head", margins.Select(of => of.Predicted));
        Figures(gallery, "margin_without", "Margin after retraining without them", margins.Select(of => of.Without));
        Figures(gallery, "margin_control", "Margin after retraining without as many random images", margins.Select(of => of.Random));
        gallery.Change("exact_change", $"Change of the margin by retraining, mean of {Seeds} seeds", changes.Average());
        gallery.Figure("exact_error", "  its standard error", StandardError(changes), "0.00");
        gallery.Change("control_change", "  the same without random images", random.Average());
        gallery.Figure("corrected", $"Seeds at which the image is then right, of {Seeds}", margins.Count(of => of.Without > 0));
        gallery.Figure("corrected_before", "  with all images", margins.Count(of => of.Before > 0));
    }

    /// <summary>
    /// The margin of the image at a seed: of a network trained on everything; without the culprits, as <c>head</c> predicts it and after
    /// retraining; and after retraining without the control.
    /// </summary>
    private static (double Before, double Predicted, double Without, double Random) Retrain(GalleryCase gallery, string data,
        string groups, int seed, string objective, int chosen)
    {
        string run = gallery.PathOf(string.Create(CultureInfo.InvariantCulture, $"seed-{seed}"));
        JsonNode found = gallery.Ddm("attribute", "--run", run, "--data", data, "--groups", groups, "--seed",
            seed.ToString(CultureInfo.InvariantCulture), "--method", "head", "--objectives", objective, "--samples", "none");
        double Of(string name)
        {
            string model = gallery.PathOf($"{Path.GetFileName(run)}-{name}.safetensors");
            gallery.Ddm("unlearn", "--run", run, "--forget", $"name={name}", "--method", "all", "--out", model);
            return Margin(gallery, TrainedModel.Logits(model, gallery.Test), chosen);
        }

        double before = Margin(gallery, TrainedModel.Logits(Path.Combine(run, "target.safetensors"), gallery.Test), chosen);
        double effect = (double)found["own_groups"]!.AsArray().First(of => (string)of!["name"]! == Culprit)!["effect"]!;
        return (before, before - effect, Of(Culprit), Of(Control));
    }

    /// <summary>As many other images of each class, at random.</summary>
    private static int[] Alike(Dataset train, int[] culprits)
    {
        var taken = culprits.ToHashSet();
        var order = SeededOrder.Permutation(train.Count, ControlSeed, Stream);
        return [.. culprits.GroupBy(n => train.Labels[n]).SelectMany(of => order
            .Where(n => train.Labels[n] == of.Key && !taken.Contains(n)).Take(of.Count()))];
    }

    private static double Margin(GalleryCase gallery, float[] logits, int n)
        => new Objective(ObjectiveKind.Margin, ofSamples: [n]).Evaluate(logits, gallery.Test.Labels);

    private static int Best(GalleryCase gallery, float[] logits, int n)
        => Enumerable.Range(0, gallery.Test.Classes).MaxBy(k => logits[n * gallery.Test.Classes + k]);

    private static string Classes(Dataset train, int[] images)
        => string.Join(", ", images.CountBy(n => train.Labels[n]).OrderByDescending(of => of.Value).ThenBy(of => of.Key)
            .Select(of => $"{of.Value} {GalleryCase.ClassNames[of.Key]}"));

    private static void Figures(GalleryCase gallery, string name, string text, IEnumerable<double> values)
        => gallery.Figure(name, text + ", by seed", string.Join(", ", values.Select(value => GalleryCase.Signed(value, 2))));

    private static double StandardError(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);
    }

    /// <summary>
    /// First row: the test image. Second: the training images that lower its margin most (red). Third: those that raise it most (blue).
    /// </summary>
    private static void Draw(GalleryCase gallery, int chosen, int[] order)
    {
        var sheet = new ImageSheet(gallery.Train, 3, Columns);
        sheet.Draw(gallery.Test, chosen, 0, 0, ImageSheet.Neutral);
        for (int column = 0; column < Columns; column++)
        {
            sheet.Draw(gallery.Train, order[column], 1, column, ImageSheet.Bad);
            sheet.Draw(gallery.Train, order[^(column + 1)], 2, column, ImageSheet.Good);
        }

        sheet.Save(gallery.PathOf("misclassified-images.png"));
    }
}
