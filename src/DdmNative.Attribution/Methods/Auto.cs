using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="Auto"/>.</summary>
/// <param name="Models">M: models that are retrained without random parts.</param>
/// <param name="Keep">The share of the parts that each of them keeps; a half where parts are so few that there are not so many different
/// subsets.</param>
/// <param name="Probes">Single test images whose losses count as objectives in the fit, and in nothing else.</param>
public sealed record AutoOptions(int Models = 16, double Keep = RetrainingCheck.Keep, int Probes = 32);

/// <summary>
/// `auto`: several cheap methods, weighted by how well they predict a few models that are retrained without random parts
/// (<see cref="CombinedDatamodel"/>). The single method that predicts best takes the place of all if it does so clearly. Unit: the
/// objective's, averaged over what else was there. Cost: the methods, and M trainings, whatever G.
/// </summary>
/// <remarks>
/// The weights are fitted on the objectives that are asked for and on the losses of some single test images: a few models and objectives
/// alone determine them too roughly. The subsets are drawn apart from those of the linear datamodelling score, so that this score remains
/// a test on other models.
/// </remarks>
public sealed class Auto : IAttributionMethod
{
    /// <summary>The methods that are combined unless others are named, as <c>of</c> writes them.</summary>
    public const string Standard = "adjoint+adjoint@from=0.5+head+ekfac+trak";

    private const int LeastModels = 4;
    private const char Plus = '+', SettingSign = '@';

    private readonly AutoOptions _options;
    private readonly (string Name, IAttributionMethod Method)[] _members;

    /// <param name="options">The settings; null for those that were measured best.</param>
    /// <param name="of">The methods to combine: <c>head+block@1+trak@models=1</c>.</param>
    /// <param name="matching">What a job says of all synsets.</param>
    /// <exception cref="MethodRequestException">The list names a method twice or `auto` itself, or one that does not exist.</exception>
    public Auto(AutoOptions? options = null, string of = Standard, SynsetDefaults? matching = null)
    {
        ArgumentNullException.ThrowIfNull(of);
        _options = options ?? new AutoOptions();
        string[] names = [.. of.Split(Plus).Select(member => member.Replace(SettingSign, ':'))];
        if (names.Distinct().Count() < names.Length)
            throw new MethodRequestException($"Method 'auto': of is '{of}', which names a method twice.");
        if (names.FirstOrDefault(name => MethodRegistry.Find(name) is { Name: "auto" }) is not null)
            throw new MethodRequestException($"Method 'auto': of is '{of}', but auto cannot be part of itself.");
        _members = [.. names.Select(name => (name, MethodRegistry.Create(name, matching)))];
    }

    public object Options => new { _options, Of = _members.Select(member => new { member.Name, member.Method.Options }).ToArray() };

    public bool FallsIntoPieces => true;

    public bool NeedsTraining => _members.All(member => member.Method.NeedsTraining);

    /// <summary>From <c>models</c>, <c>keep</c>, <c>probes</c> and <c>of</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Auto From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new AutoOptions();
        double keep = settings.Real("keep", best.Keep, 0, 0.99);
        return new Auto(new AutoOptions(settings.Whole("models", best.Models, LeastModels, 100_000), keep,
            settings.Whole("probes", best.Probes, 0, 100_000)), settings.Text("of", Standard), settings.Matching);
    }

    public string? Fault(int parts)
    {
        if (parts < 2)
            return "Method 'auto' needs two parts or more: there are no random subsets of one.";
        if (RandomSubsets.Different(parts, KeepOf(parts)) is long different && _options.Models > different)
        {
            return $"Method 'auto' draws {_options.Models} different subsets, and {parts} parts have only {different}. "
                + (different >= LeastModels ? $"Ask for fewer models, auto:models={different}, or for more parts." : "Use more parts.");
        }

        return _members.Select(member => member.Method.Fault(parts)).FirstOrDefault(fault => fault is not null);
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using MethodContext probed = Probed(context);
        long rows = probed.Objectives.Count;
        return _members.Select(member => member.Method.Estimate(probed)).MaxBy(estimate => estimate.Bytes)!
            + LeaveOutModels.Estimate(context, _options.Models)
            + new MemoryEstimate(("effects of all methods", (_members.Length + 2L) * rows * context.Parts.Count * sizeof(double)),
            ("subsets", (long)_options.Models * context.Parts.Count * sizeof(double)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int parts = context.Parts.Count;
        if (Fault(parts) is string fault)
            throw new MethodRequestException(fault);
        using MethodContext probed = Probed(context);
        (string Name, IAttributionMethod Method)[] members = [.. _members.Where(member => Fits(member.Name, member.Method, context))];
        if (members.Length == 0)
            throw new MethodRequestException("Method 'auto': none of its methods can do what is asked for.");
        IReadOnlyList<int[]> removed = RandomSubsets.Draw(parts, KeepOf(parts), _options.Models, context.Seed, SubsetUse.Auto);
        if (context.Pieces.Share is StageShare share)
            throw Own(context, probed, members, removed, share);
        IReadOnlyList<float[]> logits = LeaveOutModels.Retrained(context, removed);
        double[][] outcomes = LeaveOutModels.Outcomes(probed, logits);
        int rows = probed.Objectives.Count;
        double[][][] effects = [.. members.Select(member =>
        {
            using MethodContext own = probed.For(member.Name);
            double[] flat = context.Pieces.Once(MethodRegistry.FileName(member.Name), () => member.Method.Attribute(own).Flatten());
            return Enumerable.Range(0, rows).Select(o => flat[(o * parts)..((o + 1) * parts)]).ToArray();
        })];
        double[][] combined = Combine(context, [.. members.Select(member => member.Name)], effects, removed, outcomes);
        return context.ToMatrix([.. combined.Take(context.Objectives.Count).SelectMany(row => row)]);
    }

    private double KeepOf(int parts) => RandomSubsets.KeepFor(parts, _options.Keep, _options.Models);

    /// <summary>[O][G]: the effects; tells the user what they consist of.</summary>
    private static double[][] Combine(
        MethodContext context, string[] names, double[][][] effects, IReadOnlyList<int[]> removed, double[][] outcomes)
    {
        var model = new CombinedDatamodel(effects, removed, outcomes);
        double[][] predicted = model.PredictEach();
        SubsetScore[] alone = [.. names.Select((_, k) => model.ScoreOf(k))];
        int best = Array.IndexOf(alone, alone.MaxBy(score => score.Score)!);
        SubsetScore score = SubsetScore.Of(predicted, outcomes), gain = model.Gain(predicted, best);
        if (gain.Score < -gain.Error)
        {
            model.Choose(best);
            score = alone[best];
        }

        Tell(context, names, model, score, removed.Count, $"{names[best]} alone {alone[best]}");
        return model.Effects();
    }

    private static void Tell(MethodContext context, string[] names, CombinedDatamodel model, SubsetScore score, int models, string alone)
    {
        double sum = model.Weights.Sum();
        double[] shares = [.. model.Weights.Select(weight => sum > 0 ? weight / sum : 0)];
        for (int k = 0; k < names.Length; k++)
            context.OnFigure?.Invoke($"share_{MethodRegistry.FileName(names[k])}", shares[k]);
        context.OnFigure?.Invoke("score", score.Score);
        context.OnFigure?.Invoke("score_error", score.Error);
        string what = string.Join(" + ", names.Select((name, k) => (name, share: shares[k])).Where(member => member.share >= 0.005)
            .OrderByDescending(member => member.share)
            .Select(member => string.Create(CultureInfo.InvariantCulture, $"{member.share:0.00} {member.name}")));
        context.OnWarning?.Invoke($"auto: {(sum > 0 ? what : "no method predicts the retrained models")}; "
            + $"cross-validated score {score} over {models} models ({alone})"
            + (score.Score < RetrainingCheck.Low ? ", which is low: no method predicts this training without some parts." : "."));
    }

    /// <summary>This process's pieces of all lists: the models, then those of every method that falls into pieces.</summary>
    private static AwaitingShardsException Own(MethodContext context, MethodContext probed,
        (string Name, IAttributionMethod Method)[] members, IReadOnlyList<int[]> removed, StageShare share)
    {
        return share.EndAfter([() => LeaveOutModels.Retrained(context, removed),
            .. members.Where(member => member.Method.FallsIntoPieces).Select(member => (Action)(() =>
            {
                using MethodContext piece = probed.For(member.Name);
                member.Method.Attribute(piece);
            }))]);
    }

    /// <summary>The request with the probes' losses behind its own objectives.</summary>
    private MethodContext Probed(MethodContext context)
    {
        ObjectiveKind kind = context.Objectives[0].Kind;
        int[] probes = ChosenPredictions.Of(context.Test.Count, Math.Min(_options.Probes, context.Test.Count), context.Seed);
        return context.For("", [.. context.Objectives.Concat(probes.Select(n => new Objective(kind, ofSamples: [n])))
            .DistinctBy(objective => objective.Name)]);
    }

    /// <summary>Whether a method computes effects of such parts of such a target; tells the user of one that does not.</summary>
    private static bool Fits(string name, IAttributionMethod method, MethodContext context)
    {
        string? fault = context.Parts.Count == context.Train.Count
            && !MethodRegistry.Describe(name).Granularities.Contains(Granularity.Sample) ? "computes no effects of single samples"
            : method.NeedsTraining && context.Trajectory is not { Checkpoints.Count: > 1 } ? "needs the target's recorded training"
            : null;
        if (fault is not null)
            context.OnWarning?.Invoke($"auto: '{name}' {fault} and is left out.");
        return fault is null;
    }
}
