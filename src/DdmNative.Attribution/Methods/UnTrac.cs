using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="UnTrac"/> and <see cref="UnTracInv"/>.</summary>
/// <param name="Steps">Steps of ascent.</param>
/// <param name="Rate">Adam's step.</param>
/// <param name="Batch">Samples of a step at most.</param>
public sealed record UnTracOptions(int Steps = 20, double Rate = 2e-4, int Batch = 32)
{
    /// <summary>β₁ = .9, β₂ = .999, ε = 1e-8.</summary>
    internal AdamOptions Adam => new((float)Rate, 0.9f, 0.999f);

    /// <summary>From <c>steps</c>, <c>rate</c> and <c>batch</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    internal static UnTracOptions From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new UnTracOptions();
        return new UnTracOptions(settings.Whole("steps", best.Steps, 1, 1_000_000), settings.Real("rate", best.Rate, 0, 10),
            settings.Whole("batch", best.Batch, 1, 1_000_000));
    }
}

/// <summary>
/// `untrac` (Isonuma and Titov, "Unlearning traces the influential training data of language models", ACL 2024): from θ_T, a few steps of
/// Adam *up* the part's own training loss, one model for each part along the ensemble axis; W[o, g] = F_o(θ_T) − F_o(unlearned). Its unit
/// is the objective's, but its size that of the steps, which Adam makes equally long for all parts: effects rank. Cost: G × steps small
/// batches, and G evaluations.
/// </summary>
public sealed class UnTrac(UnTracOptions? options = null) : IAttributionMethod
{
    private const int Wave = 32;

    private readonly UnTracOptions _options = options ?? new UnTracOptions();

    public object Options => _options;

    /// <summary>From <c>steps</c>, <c>rate</c> and <c>batch</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static UnTrac From(MethodSettings settings) => new(UnTracOptions.From(settings));

    public bool FallsIntoPieces => true;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return AdamAscent.Estimate(context, Math.Min(context.Bounded(Wave), context.Parts.Count), _options);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        IReadOnlyList<int[]> parts = SampleBlocks.PartsOf(context.Parts);
        int rows = context.Objectives.Count;
        float[] before = context.Evaluator.Logits(context.Target, 1);
        double[] start = [.. context.Objectives.Select(objective => objective.Evaluate(before, context.Test.Labels))];
        var effects = new double[rows * parts.Count];
        IReadOnlyList<double[]> outcomes = context.Pieces.Each("part", parts.Count, context.Bounded(Wave), wave =>
        {
            context.OnProgress?.Invoke(wave.Before, wave.Total, "parts");
            return Outcomes(context, parts, wave.Pieces);
        });
        for (int o = 0; o < rows; o++)
        {
            for (int g = 0; g < parts.Count; g++)
                effects[o * parts.Count + g] = start[o] - outcomes[g][o];
        }

        return context.ToMatrix(effects);
    }

    /// <summary>[parts of the wave][O].</summary>
    private IReadOnlyList<double[]> Outcomes(MethodContext context, IReadOnlyList<int[]> parts, int[] wave)
    {
        using var ascent = new AdamAscent(context, context.TrainSet.Samples, [.. wave.Select(part => parts[part])], wave,
            context.Parts.Sizes.Max(), _options);
        float[] models = ascent.Run(
            (_, sample, z, weight, cotangent) =>
            ObjectiveCotangents.FillTrainingLoss(z, context.Train.Labels[sample], context.Recipe.LabelSmoothing, weight, cotangent));
        float[] logits = context.Evaluator.Logits(models, wave.Length);
        int length = logits.Length / wave.Length;
        return [.. Enumerable.Range(0, wave.Length)
            .Select(i => context.Objectives.Select(objective => objective.Evaluate(logits.AsSpan(i * length, length), context.Test.Labels))
                .ToArray())];
    }
}

/// <summary>
/// `untrac-inv` (Isonuma and Titov, ACL 2024): the roles turned round. From θ_T a few steps of Adam up each objective, one model for each;
/// W[o, g] = −Σ_{n∈g}(L(x_n; θ_o) − L(x_n; θ_T))/N: what is forgotten with the objective has helped it. Effects rank, as those of
/// <see cref="UnTrac"/>. Cost: O × steps small batches, and O + 1 forward passes over the training set, whatever G.
/// </summary>
public sealed class UnTracInv(UnTracOptions? options = null) : IAttributionMethod
{
    private readonly UnTracOptions _options = options ?? new UnTracOptions();

    public object Options => _options;

    /// <summary>From <c>steps</c>, <c>rate</c> and <c>batch</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static UnTracInv From(MethodSettings settings) => new(UnTracOptions.From(settings));

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return AdamAscent.Estimate(context, context.Objectives.Count, _options)
            + TrainingLosses.Estimate(context, context.Objectives.Count + 1);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int rows = context.Objectives.Count, parts = context.Parts.Count;
        ObjectiveCotangents.Require(context.Objectives);
        int[][] samples = [.. context.Objectives.Select(objective => objective.SamplesOf(context.Test.Labels).ToArray())];
        using var ascent = new AdamAscent(context, context.TestSet.Samples, samples, Enumerable.Range(0, rows),
            samples.Max(own => own.Length), _options);
        float[] models = ascent.Run(
            (member, sample, z, weight, cotangent) =>
            ObjectiveCotangents.Fill(context.Objectives[member].Kind, z, context.Test.Labels[sample], weight, cotangent));
        using var losses = new TrainingLosses(context);
        double[] before = losses.Of(context.Target, 1), after = losses.Of(models, rows);
        for (int i = 0; i < after.Length; i++)
            after[i] = before[i % parts] - after[i];
        return context.ToMatrix(after);
    }
}

/// <summary>Fills ∂f/∂z [K] of what a member climbs on, for one sample with logits z.</summary>
internal delegate void AscentCotangent(int member, int sample, ReadOnlySpan<float> z, double weight, Span<float> cotangent);

/// <summary>
/// Adam upwards from θ_T, several members along the ensemble axis, each on samples of its own that it meets in seeded order again and
/// again.
/// </summary>
internal sealed class AdamAscent : IDisposable
{
    // Keeps the orders apart from everything else that is drawn with the same seed.
    private const ulong Stream = 0x554E5452ul << 32;

    private readonly List<IDisposable> _owned = [];
    private readonly UnTracOptions _options;
    private readonly int[][] _orders;
    private readonly int _batch, _classes;
    private readonly SampleBatch _images;
    private readonly Tensor _parameters, _indices, _cotangent, _corrections, _logits;
    private readonly IPlan _forward, _step;
    private readonly CancellationToken _cancellation;

    /// <param name="context">The request.</param>
    /// <param name="images">What the samples' numbers count in.</param>
    /// <param name="samples">The samples of each member.</param>
    /// <param name="streams">A number for each member that decides its order.</param>
    /// <param name="largest">The most samples of any member of any wave: it decides the batch's padding, and so the last bits.</param>
    /// <param name="options">How far.</param>
    public AdamAscent(MethodContext context, SampleSource images, int[][] samples, IEnumerable<int> streams, int largest,
        UnTracOptions options)
    {
        Device device = context.Device;
        Network network = context.Network;
        (_options, _classes, _cancellation) = (options, network.Classes, context.Cancellation);
        _orders = [.. samples.Zip(streams,
            (own, stream) => SeededOrder.Permutation(own.Length, context.Seed, Stream + (ulong)stream).Select(i => own[i]).ToArray())];
        _batch = Math.Min(options.Batch, largest);
        int members = samples.Length;
        TensorShape vector = TensorShape.Vector(members, network.ParameterCount);
        var logits = new TensorShape(members, _batch, network.Classes);
        _parameters = Own(device.Upload(vector, [.. Enumerable.Repeat(context.Target, members).SelectMany(values => values)]));
        Tensor first = Own(device.Allocate(vector)), second = Own(device.Allocate(vector));
        Tensor gradient = Own(device.AllocateTransient(vector));
        _indices = Own(device.Allocate(new TensorShape(members, _batch, 1)));
        _cotangent = Own(device.Allocate(logits));
        _logits = Own(device.Allocate(logits));
        _corrections = Own(device.Allocate(TensorShape.Vector(1, 2)));
        _images = Own(new SampleBatch(device, images, members, _batch));
        Tensor batch = _images.Values;
        var look = new NetworkPass(device, network, members, _batch);
        var pass = new NetworkPass(device, network, members, _batch);
        _owned.Add(look);
        _owned.Add(pass);
        _forward = device.Record("ascent: logits", () =>
        {
            _images.Record(_indices);
            look.Forward(_parameters, batch);
            device.LinearCombination.Copy(look.Output, _logits);
        });
        AdamOptions adam = options.Adam;
        _step = device.Record("ascent: step", () =>
        {
            _images.Record(_indices);
            pass.Forward(_parameters, batch);
            pass.Backward(_parameters, batch, _cotangent, gradient, null);
            device.Adam.Step(adam, _parameters, first, second, gradient, _corrections);
        });
    }

    /// <summary>The memory that it takes.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int members, UnTracOptions options)
        => new(("models", MemoryEstimate.Vectors(context.Network, 5L * members)),
            ("passes", MemoryEstimate.Pass(context.Network, members, options.Batch)));

    /// <summary>All steps; the members' parameters [E, P].</summary>
    public float[] Run(AscentCotangent climb)
    {
        var corrections = new float[2];
        for (int step = 0; step < _options.Steps; step++)
        {
            _cancellation.ThrowIfCancellationRequested();
            int[][] batches = [.. _orders.Select(order => BatchOf(order, step))];
            var indices = new float[_indices.Shape.Length];
            for (int e = 0; e < batches.Length; e++)
            {
                for (int n = 0; n < batches[e].Length; n++)
                    indices[e * _batch + n] = batches[e][n];
            }

            _indices.Upload(indices);
            _images.Load(indices);
            _forward.Run();
            float[] logits = _logits.ToArray();
            var cotangent = new float[logits.Length];
            for (int e = 0; e < batches.Length; e++)
            {
                // Adam descends: upwards is the negative gradient's way.
                for (int n = 0; n < batches[e].Length; n++)
                    climb(e, batches[e][n], logits.AsSpan((e * _batch + n) * _classes, _classes), -1.0 / batches[e].Length,
                        cotangent.AsSpan((e * _batch + n) * _classes, _classes));
            }

            _cotangent.Upload(cotangent);
            _options.Adam.WriteCorrections(step + 1, corrections);
            _corrections.Upload(corrections);
            _step.Run();
        }

        return _parameters.ToArray();
    }

    public void Dispose()
    {
        _forward.Dispose();
        _step.Dispose();
        _owned.ForEach(part => part.Dispose());
    }

    /// <summary>The next samples of a member's order, from the start again where it ends; never one twice.</summary>
    private int[] BatchOf(int[] order, int step)
    {
        int size = Math.Min(_options.Batch, order.Length);
        return [.. Enumerable.Range(0, size).Select(i => order[(int)(((long)step * size + i) % order.Length)])];
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
