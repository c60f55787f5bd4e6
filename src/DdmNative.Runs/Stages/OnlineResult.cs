using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// <c>attribution/METHOD.npz</c>: the logits that a method predicts for the test images, <c>reference</c> [M, K] with everything and <c>without</c> [G, M, K].
/// Logits rather than effects, so that another objective does not need the models again.
/// </summary>
internal static class OnlineResult
{
    public static string NameOf(string method) => $"attribution/{AttributionMethods.FileName(method)}.npz";

    /// <summary>The folder of what an unfinished method has computed.</summary>
    public static string PartialNameOf(string method) => $"attribution/{AttributionMethods.FileName(method)}.partial";

    public static void Write(string path, CounterfactualLogits logits, params IEnumerable<(string Name, NpyArray Values)> beside)
        => Npz.Write(path,
            [("reference", new NpyArray(logits.Reference, logits.Samples, logits.Classes)),
            ("without", new NpyArray(logits.Without, logits.Count, logits.Samples, logits.Classes)),
            .. beside]);

    public static CounterfactualLogits Read(string path, int groups)
    {
        NpzContents file = Npz.Read(path);
        int[] shape = file["reference"].Shape;
        return new CounterfactualLogits(CounterfactualLogits.EachGroup(groups), shape[0], shape[1], file.Elements<float>("reference"), file.Elements<float>("without"));
    }
}
