using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;

namespace DdmNative.SideBySide.Workloads;

/// <summary>
/// `repair`: models without a group each and the control, full-batch steps on the synset, and the logits of all of them on test images.
/// </summary>
internal static class OnlineRows
{
    /// <summary>A model without each group and the control, all of the mode's steps, 1000 test images.</summary>
    public static readonly OnlineSize Whole = new(Setting.Groups + 1, new RepairOptions().Steps, 1000);

    public static Workload Online(string name, NetworkOptions options, OnlineSize size, FashionMnist data)
    {
        (int models, int steps, int evaluated) = size;
        var flops = new NetworkFlops(options);
        return new Workload(
            $"online-{name}", models * (steps * Setting.Groups * flops.Training + evaluated * flops.Forward),
            Setting.Request("online", options,
                ("groups", Setting.Groups), ("models", models), ("steps", steps), ("evaluated", evaluated)),
            device =>
            {
                var network = Network.Create(options);
                Dataset train = data.Images(options.Input.Channels, options.Input.Height);
                Dataset test = data.TestImages(options.Input.Channels, options.Input.Height);
                Synset synset = Setting.Synset(train);
                int[] sizes = [.. Enumerable.Repeat(train.Count / Setting.Groups, Setting.Groups)];
                var context = new OnlineContext(device, network, network.Initialise(1), synset, sizes)
                {
                    Removals = [.. Enumerable.Range(0, models - 1).Select(group => new[] { group })],
                };
                var evaluator = new ModelEvaluator(device, network, test.Images.AsSpan(0, evaluated * test.ImageSize), evaluated);
                return new Prepared(() => new Repair(new RepairOptions(steps)).Run(context).Evaluate(evaluator), evaluator);
            })
        { LeastRatio = 4 };
    }
}

/// <summary>The size of one run.</summary>
internal readonly record struct OnlineSize(int Models, int Steps, int Evaluated);
