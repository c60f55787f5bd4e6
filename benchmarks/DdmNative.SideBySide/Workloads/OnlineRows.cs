using System.Text.Json.Nodes;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;

namespace DdmNative.SideBySide.Workloads;

/// <summary>
/// `repair`: a model without each group and the control, all of its steps on the synset, and the logits of all of them on 1000 test images.
/// </summary>
internal static class OnlineRows
{
    /// <summary>All models, all steps, all test images.</summary>
    public static readonly OnlineSize Whole = new(Setting.Groups + 1, new RepairOptions().Steps, 1000);

    public static Workload Online(int width, OnlineSize size, FashionMnist data)
    {
        (int models, int steps, int evaluated) = size;
        NetworkOptions options = Setting.Network(width);
        var flops = new NetworkFlops(options);
        return new Workload(
            $"online-{width}", models * (steps * Setting.Groups * flops.Training + evaluated * flops.Forward),
            new JsonObject
            {
                ["kind"] = "online", ["groups"] = Setting.Groups, ["models"] = models, ["steps"] = steps, ["evaluated"] = evaluated,
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
                var evaluator = new ModelEvaluator(device, network, data.Test.Images.AsSpan(0, evaluated * data.Test.ImageSize), evaluated);
                return new Prepared(() => new Repair(new RepairOptions(steps)).Run(context).Evaluate(evaluator), evaluator);
            })
        { LeastRatio = 4, IsShortened = size != Whole };
    }
}

/// <summary>The size of one run.</summary>
internal readonly record struct OnlineSize(int Models, int Steps, int Evaluated);
