using System.Text.Json.Nodes;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;

namespace DdmNative.SideBySide.Workloads;

/// <summary>`repair`: a model without each group and the control, all of its steps on the synset, and the logits of all of them on 1000 test images.</summary>
internal static class OnlineRows
{
    private const int Whole = Setting.Groups + 1;
    private const int Evaluated = 1000;
    private static readonly RepairOptions Recipe = new();

    public static Workload Online(int width, int models, FashionMnist data)
    {
        NetworkOptions options = Setting.Network(width);
        var flops = new NetworkFlops(options);
        return new Workload(
            $"online-{width}", models * (Recipe.Steps * Setting.Groups * flops.Training + Evaluated * flops.Forward),
            new JsonObject
            {
                ["kind"] = "online", ["groups"] = Setting.Groups, ["models"] = models, ["steps"] = Recipe.Steps, ["evaluated"] = Evaluated,
                ["width"] = width, ["depth"] = Setting.Depth,
            },
            device =>
            {
                var network = Network.Create(options);
                Synset synset = Setting.Synset(data.Train);
                int[] sizes = [.. Enumerable.Repeat(data.Train.Count / Setting.Groups, Setting.Groups)];
                var context = new OnlineContext(device, network, network.Initialise(1), synset, sizes)
                {
                    Removals = [.. Enumerable.Range(0, models - 1).Select(group => new[] { group })],
                };
                var evaluator = new ModelEvaluator(device, network, data.Test.Images.AsSpan(0, Evaluated * data.Test.ImageSize), Evaluated);
                return new Prepared(() => new Repair(Recipe).Run(context).Evaluate(evaluator), evaluator);
            })
        { LeastRatio = 4, IsShortened = models < Whole };
    }
}
