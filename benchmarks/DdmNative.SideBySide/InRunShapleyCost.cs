using System.Diagnostics;
using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Cpu;

namespace DdmNative.SideBySide;

/// <summary>
/// The cost of in-run Shapley: trainings by the default recipe, with and without it, in turn; medians of the ratio to the plain training of
/// the same turn, in wall-clock and processor time.
/// </summary>
internal static class InRunShapleyCost
{
    private const int Width = 32, Depth = 3;

    private static readonly (string Name, InRunShapleyOptions Options)[] Settings =
    [
        ("first order, as set", new InRunShapleyOptions()), ("first order, every step", new InRunShapleyOptions(Every: 1)),
        ("second order, as set", new InRunShapleyOptions(Order: 2)),
        ("second order, every step", new InRunShapleyOptions(Order: 2, Every: 1)),
    ];

    public static void Run(FashionMnist data, int threads, int turns)
    {
        using var device = new CpuDevice(threads);
        Dataset train = data.Train, test = data.Test;
        var network = Network.Create(
            new NetworkOptions("convnet", Width, Depth, new ImageShape(train.Channels, train.Height, train.Width), train.Classes));
        var recipe = new TrainingOptions();
        var parts = new GroupTable(train.Labels, [.. Enumerable.Range(0, train.Classes)], new int[train.Classes]);
        using var context = new MethodContext(device, network, train, test, parts, Objective.Defaults(test.Labels),
            recipe) { Target = network.Initialise(recipe.Seed) };
        Console.Out.WriteLine($"\n{device.Description}; {train.Count} images, {context.Objectives.Count} objectives, batches of "
            + $"{recipe.BatchSize}, {recipe.Epochs} epochs, {turns} turns; one training over the plain one's:");
        Action plain = () =>
        {
            using var trainer = new EnsembleTrainer(device, network, context.TrainSet, recipe, members: 1);
            trainer.Run(network.Initialise(recipe.Seed));
        };
        Action[] apart = [.. Settings.Select(setting => (Action)(() => new InRunShapley(setting.Options).Attribute(context)))];
        foreach (Action warmUp in apart.Prepend(plain).Concat(apart.Prepend(plain)))
            warmUp();
        var ratios = Settings.Select(_ => (Wall: new List<double>(), Processor: new List<double>())).ToArray();
        for (int turn = 0; turn < turns; turn++)
        {
            (double wall, double processor) = Time(plain);
            for (int i = 0; i < apart.Length; i++)
            {
                (double ownWall, double ownProcessor) = Time(apart[i]);
                ratios[i].Wall.Add(ownWall / wall);
                ratios[i].Processor.Add(ownProcessor / processor);
            }
        }

        for (int i = 0; i < apart.Length; i++)
            Console.Out.WriteLine($"{Settings[i].Name,-26} wall {Spread(ratios[i].Wall)}   processor {Spread(ratios[i].Processor)}");
    }

    private static (double Wall, double Processor) Time(Action action)
    {
        using var process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        action();
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        return (wall, (process.TotalProcessorTime - before).TotalSeconds);
    }

    /// <summary>The median and the quartiles.</summary>
    private static string Spread(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
        return string.Create(CultureInfo.InvariantCulture, $"{At(0.5):0.000} ({At(0.25):0.000} to {At(0.75):0.000})");
    }
}
