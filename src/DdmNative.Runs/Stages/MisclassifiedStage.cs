using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Which training images made the target get a test image wrong: for up to <see cref="MostImages"/> misclassified test images, the effect
/// of every training image on the margin of the label, by the method of single images (<see cref="SampleStage"/>),
/// <c>attribution/misclassified.npz</c>.
/// </summary>
internal sealed class MisclassifiedStage : Stage
{
    public const string StageName = "misclassified";

    /// <summary>The most test images.</summary>
    public const int MostImages = 24;

    /// <summary>The most effects, of eight bytes each; data with more training images get fewer test images.</summary>
    private const long MostEffects = 20_000_000;

    /// <summary>The most numbers of the test images' gradients; larger networks get fewer test images.</summary>
    private const long MostGradients = 100_000_000;

    private readonly Job _job;
    private readonly string _method;
    private readonly int _most;

    private MisclassifiedStage(Job job, string method, int most) => (_job, _method, _most) = (job, method, most);

    public override string Name => StageName;

    public override string Title => $"attribute misclassified test images by {MethodRegistry.Title(_method)}";

    public override IReadOnlyList<string> Needs => [TrainStage.StageName];

    public override object Settings => new
    {
        _job.Seed, Method = _method, MethodRegistry.Create(_method, _job.Matching.Defaults).Options, Most = _most,
        Recorded = new ControlledReplay().Options,
    };

    public override string PartialPath => "attribution/misclassified.partial";

    public override ShardWork InShard => ShardWork.Dealt;

    /// <summary>
    /// The stage of that job; null if it asks for no effects of single images, if the data or the network are too large, or if the method
    /// needs a training that the target came without.
    /// </summary>
    public static MisclassifiedStage? For(Job job, RunInputs inputs)
    {
        string method = job.Attribution.Samples;
        int most = (int)Math.Min(MostImages,
            Math.Min(MostEffects / inputs.Train.Count, MostGradients / Math.Max(1, inputs.Network.ParameterCount)));
        if (method == JobAttribution.NoSamples || most == 0)
            return null;
        IAttributionMethod created = MethodRegistry.Create(method);
        bool isPossible = created.Fault(inputs.Train.Count) is null && !(created.NeedsTraining && inputs.Target is { Trajectory: null });
        return isPossible ? new MisclassifiedStage(job, method, most) : null;
    }

    public override string? Kept(StageContext context)
        => new PartialFiles(context, PartialPath).Count is > 0 and int parts ? $"{parts} parts of its work" : null;

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        float[] logits = ModelFigures.Logits(context, TrainStage.ReadTarget(context), inputs.Test);
        WrongPrediction[] images = WrongPredictions.Choose(logits, inputs.Test.Labels, _most);
        double[][] effects = images.Length == 0 ? [] : Attribute(context, images);
        images = images[..effects.Length];
        new MisclassifiedFile(_method, MethodRegistry.UnitOf(_method), [.. images.Select(image => inputs.Test.SourceIndices[image.Sample])],
            [.. images.Select(image => image.Label)], [.. images.Select(image => image.Predicted)],
            [.. images.Select(image => image.Probability)], effects)
            .Write(context.PathFor(MisclassifiedFile.Name), inputs.Train.Count);
        return new StageResult([MisclassifiedFile.Name], new Dictionary<string, double> { ["images"] = images.Length });
    }

    /// <summary>
    /// [T][N]; empty if the method cannot, which is told: nobody has asked for these effects, so the run goes on without them.
    /// </summary>
    private double[][] Attribute(StageContext context, WrongPrediction[] images)
    {
        GroupTable samples = Granularity.EachSample(context.Inputs.Train.Labels);
        var kept = new PartialFiles(context, PartialPath);
        using MethodContext request = MethodRequest.Create(context, _job, samples,
            [.. images.Select(image => BrittlenessMetric.MarginOf(image.Sample))], kept.Pieces, onFigure: null, readsSynsets: false);
        try
        {
            return [.. MethodRegistry.Attribute(_method, request).Flatten().Chunk(samples.Count)];
        }
        catch (Exception e) when (e is MethodRequestException or MissingTrajectoryException or InsufficientMemoryException)
        {
            context.Listener.Note($"No effects on misclassified test images: {e.Message}");
            return [];
        }
    }
}
