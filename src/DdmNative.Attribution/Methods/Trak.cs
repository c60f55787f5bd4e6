using System.Numerics.Tensors;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="Trak"/>.</summary>
/// <param name="Models">The target and models − 1 more, trained by its recipe from other seeds; what is averaged over.</param>
/// <param name="Dimensions">k: numbers that a gradient is projected to.</param>
/// <param name="Ridge">λ as a share of the mean of the diagonal of ΦᵀΦ.</param>
public sealed record TrakOptions(int Models = 3, int Dimensions = 512, double Ridge = 0.01);

/// <summary>
/// `trak` (Park et al., ICML 2023, Eq. 17 with soft thresholding left out): gradients of the model output f = log p/(1 − p) projected to k
/// dimensions at random, φ = R∇f, and a least-squares step in them: W[o, n] = mean_m[⟨R∇F_o, (ΦᵀΦ + λI)⁻¹φ_n⟩]·mean_m[1 − p_n], summed over
/// the part's samples; F_o's own gradient in place of the output's makes it predict the objective. Unit: the objective's. Cost: for each
/// model two gradient passes, N·k·P multiply–adds and, from the second on, a training. Memory: N·k numbers, whatever P.
/// </summary>
/// <remarks>R is drawn by Philox where it is used, uniform in ±√(3/k): the same numbers on every device, never stored.</remarks>
public sealed class Trak(TrakOptions? options = null) : IAttributionMethod
{
    private const int Wave = 64;

    private readonly TrakOptions _options = options ?? new TrakOptions();

    public object Options => _options;

    /// <summary>From <c>models</c>, <c>dim</c> and <c>ridge</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Trak From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new TrakOptions();
        return new Trak(new TrakOptions(settings.Whole("models", best.Models, 1, 10_000), settings.Whole("dim", best.Dimensions, 1, 65_536),
            settings.Real("ridge", best.Ridge, 0, 1e6)));
    }

    public bool FallsIntoPieces => true;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long n = context.Train.Count, k = _options.Dimensions, o = context.Objectives.Count;
        return ObjectiveGradients.Estimate(context) + new BlockGradientOptions(context.Bounded(Wave), 1).Estimate(context.Network)
            + RandomProjection.Estimate(context.Network)
            + new MemoryEstimate(("projected gradients", n * k * sizeof(float)), ("normal matrix", k * k * sizeof(double)),
            ("effects of samples", (_options.Models + 1) * (o + 1) * n * sizeof(double)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int samples = context.Train.Count, rows = context.Objectives.Count, parts = context.Parts.Count;
        var scores = new double[rows * samples];
        var doubts = new double[samples];
        IReadOnlyList<double[]> ofModels = context.Pieces.Each<double>("model", _options.Models, wave: 1, wave =>
        {
            context.OnProgress?.Invoke(wave.Before, wave.Total, "models");
            return [.. wave.Pieces.Select(model => OfModel(context, model))];
        });
        foreach (double[] found in ofModels)
        {
            TensorPrimitives.Add<double>(scores, found.AsSpan(0, scores.Length), scores);
            TensorPrimitives.Add<double>(doubts, found.AsSpan(scores.Length), doubts);
        }

        var effects = new double[rows * parts];
        for (int o = 0; o < rows; o++)
        {
            for (int n = 0; n < samples; n++)
                effects[o * parts + context.Parts.GroupOf[n]] += scores[o * samples + n]
                    * doubts[n] / ((double)_options.Models * _options.Models);
        }

        return context.ToMatrix(effects);
    }

    /// <summary>⟨R∇F_o, (ΦᵀΦ + λI)⁻¹φ_n⟩ [O, N], then 1 − p_n [N].</summary>
    private double[] OfModel(MethodContext context, int model)
    {
        float[] parameters = model == 0
            ? context.Target
            : TargetTraining.Run(context.Device, context.Network, context.TrainSet,
                context.Recipe with { Seed = context.Recipe.Seed + (ulong)model }, [], cancellation: context.Cancellation).Final;
        int samples = context.Train.Count, rows = context.Objectives.Count, k = _options.Dimensions;
        using var projection = new RandomProjection(context.Device, context.Network, Math.Min(context.Bounded(Wave), samples), k,
            context.Seed, model);
        float[] aims;
        using (var objectives = new ObjectiveGradients(context))
            aims = projection.Project(objectives.At(parameters), rows);

        var result = new double[rows * samples + samples];
        float[] features = Features(context, parameters, projection, result.AsMemory(rows * samples));

        double[][] normal = Normal(features, samples, k);
        double ridge = _options.Ridge * normal.Average(row => row[^1]);
        foreach (double[] row in normal)
            row[^1] += ridge;
        var solver = new CholeskySolver(normal);
        for (int o = 0; o < rows; o++)
        {
            double[] aim = [.. aims.AsSpan(o * k, k).ToArray().Select(value => (double)value)];
            solver.Solve(aim);
            float[] rounded = Array.ConvertAll(aim, value => (float)value);
            for (int n = 0; n < samples; n++)
                result[o * samples + n] = TensorPrimitives.Dot(rounded, features.AsSpan(n * k, k));
        }

        return result;
    }

    /// <summary>φ [N, k], and 1 − p_n [N].</summary>
    private static float[] Features(MethodContext context, float[] parameters, RandomProjection projection, Memory<double> doubts)
    {
        int samples = context.Train.Count, k = projection.Dimensions;
        var loss = new Objective(ObjectiveKind.Loss);
        using var evaluator = new ModelEvaluator(context.Device, context.Network, context.Train);
        using LogitReader logits = evaluator.Reader(parameters);
        var features = new float[(long)samples * k];
        var blocks = new SampleBlocks([.. Enumerable.Range(0, samples).Select(n => new[] { n })], 1);
        using var gradients = new BlockGradients(context.Device, context.Network, context.TrainSet.Samples, labels: null,
            new BlockGradientOptions(projection.Wave, 1, KeepGradients: true));
        gradients.SetParameters(parameters);
        int first = 0;
        foreach ((_, ArraySegment<int>[] wave) in blocks.Waves(projection.Wave))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            gradients.Run(wave, (n, cotangent) =>
            {
                ReadOnlySpan<float> z = logits.Of(n);
                doubts.Span[n] = 1 - Math.Exp(-loss.Evaluate(z, context.Train.Labels.AsSpan(n, 1)));
                ObjectiveCotangents.FillLogOdds(z, context.Train.Labels[n], 1, cotangent);
            });
            projection.Project(gradients.GradientTensor).AsSpan(0, wave.Length * k).CopyTo(features.AsSpan(first * k));
            first += wave.Length;
        }

        return features;
    }

    /// <summary>The lower half of ΦᵀΦ, row by row.</summary>
    private static double[][] Normal(float[] features, int samples, int k)
    {
        var columns = new float[k][];
        for (int i = 0; i < k; i++)
        {
            columns[i] = new float[samples];
            for (int n = 0; n < samples; n++)
                columns[i][n] = features[n * k + i];
        }

        var normal = new double[k][];
        Parallel.For(0, k, i => normal[i] = [
            .. Enumerable.Range(0, i + 1).Select(j => (double)TensorPrimitives.Dot(columns[i], columns[j]))]);
        return normal;
    }
}
