using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="InRunShapley"/>.</summary>
/// <param name="Order">1, or 2 with the objective's curvature.</param>
/// <param name="Every">The utility is taken apart at every so many steps, each standing for all of them; 1 for every step.</param>
/// <param name="Validation">Evaluation samples that the objectives are taken on, spread over the classes; 0 for all.</param>
public sealed record InRunShapleyOptions(int Order = 1, int Every = 8, int Validation = 128);

/// <summary>
/// `in-run-shapley` (Wang et al., "Data Shapley in one training run", ICLR 2025): the Shapley values of the samples of each step's batch for the utility U(S) = F(after the step on S) − F(before), summed over the
/// training that made the target. First order: φ_n = −η⟨∇F_o(θ_t), ∇L_n(θ_t)⟩/B; second: + η²/2·⟨∇L_n, ∇²F_o ḡ⟩/B with the batch's mean gradient ḡ; η = η_t/(1 − μ). W[o, g] = Σ φ_n: U's sign is that of
/// F(with) − F(without), so that for a loss negative helps. Unit: the objective's. No gradient of a sample is stored: only products with directions leave the pass.
/// </summary>
/// <remarks>The training is run again as it was, bit for bit, and the utility taken apart beside it.</remarks>
public sealed class InRunShapley(InRunShapleyOptions? options = null) : IAttributionMethod
{
    // Keeps the choice of samples apart from everything else that is drawn with the same seed.
    private const ulong Stream = 0x53484150ul << 32;

    private readonly InRunShapleyOptions _options = options ?? new InRunShapleyOptions();

    public object Options => _options;

    /// <summary>From <c>order</c>, <c>every</c> and <c>validation</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static InRunShapley From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new InRunShapleyOptions();
        return new InRunShapley(new InRunShapleyOptions(settings.Whole("order", best.Order, 1, 2), settings.Whole("every", best.Every, 1, 1_000_000), settings.Whole("validation", best.Validation, 0, 10_000_000)));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int batch = Math.Min(context.Recipe.BatchSize, context.Train.Count);
        MemoryEstimate all = ObjectiveGradients.Estimate(context) + new BlockGradientOptions(context.Bounded(batch), 1, context.Objectives.Count).Estimate(context.Network)
            + new MemoryEstimate(("training", MemoryEstimate.Vectors(context.Network, 3) + MemoryEstimate.Pass(context.Network, 1, batch)));
        return _options.Order == 2 ? all + ObjectiveCurvature.Estimate(context) : all;
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_options.Order == 2 && context.Objectives.FirstOrDefault(objective => objective.Kind != ObjectiveKind.Loss) is Objective other)
            throw new MethodRequestException($"Objective '{other.Name}': in-run-shapley:order=2 takes the curvature of losses only; ask for loss objectives, or for order=1.");
        using MethodContext validation = Validation(context);
        var order = new BatchOrder(context.Train.Count, context.Recipe.BatchSize, context.Recipe.Seed);
        using var objectives = new ObjectiveGradients(validation);
        using ObjectiveCurvature? curvature = _options.Order == 2 ? new ObjectiveCurvature(validation) : null;
        using var samples = new BlockGradients(context.Device, context.Network, context.TrainSet.Images, context.TrainSet.Labels,
            new BlockGradientOptions(Math.Min(context.Bounded(order.BatchSize), order.BatchSize), 1, context.Objectives.Count));
        using BlockGradients? batch = curvature is null ? null
            : new BlockGradients(context.Device, context.Network, context.TrainSet.Images, context.TrainSet.Labels, new BlockGradientOptions(1, order.BatchSize, KeepGradients: true));
        var effects = new double[context.Objectives.Count * context.Parts.Count];
        int total = context.Recipe.TotalSteps(context.Train.Count);

        void TakeApart(int step, Func<float[]> parameters)
        {
            if (step >= total || step % _options.Every != 0)
                return;
            int[] members = order.Batch(step).ToArray();
            double[] products = context.Pieces.Once(string.Create(CultureInfo.InvariantCulture, $"step-{step:D6}"), () => Products(context, step, members, parameters(), objectives, curvature, samples, batch));
            int standsFor = Math.Min(_options.Every, total - step), parts = context.Parts.Count;
            for (int o = 0; o < context.Objectives.Count; o++)
            {
                for (int n = 0; n < members.Length; n++)
                    effects[o * parts + context.Parts.GroupOf[members[n]]] += standsFor * products[o * members.Length + n] / members.Length;
            }
        }

        float[] initial = context.Network.Initialise(context.Recipe.Seed);
        using var trainer = new EnsembleTrainer(context.Device, context.Network, context.TrainSet, context.Recipe, members: 1);
        TakeApart(0, () => initial);
        trainer.Run(initial, isDropped: null, (done, _) =>
        {
            TakeApart(done, () => trainer.Parameters);
            context.OnProgress?.Invoke(done, total, "steps");
        }, context.Cancellation);
        return context.ToMatrix(effects);
    }

    /// <summary>⟨−η∇F_o + η²/2·∇²F_o ḡ, ∇L_n⟩ of the batch's samples, [O, B].</summary>
    private static double[] Products(
        MethodContext context, int step, int[] members, float[] parameters, ObjectiveGradients objectives, ObjectiveCurvature? curvature, BlockGradients samples, BlockGradients? batch)
    {
        int rows = context.Objectives.Count;
        double rate = ScheduleLength.Between(context.Recipe, context.Train.Count, step, step + 1);
        float[] directions = objectives.At(parameters);
        for (int i = 0; i < directions.Length; i++)
            directions[i] = (float)(-rate * directions[i]);
        if (curvature is not null)
        {
            batch!.SetParameters(parameters);
            batch.Run([new ArraySegment<int>(members)], 1.0 / members.Length);
            float[] curved = curvature.Along(parameters, batch.Gradients());
            for (int i = 0; i < directions.Length; i++)
                directions[i] += (float)(rate * rate / 2 * curved[i]);
        }

        samples.SetParameters(parameters);
        samples.SetDirections(directions);
        var products = new double[rows * members.Length];
        for (int first = 0; first < members.Length; first += samples.Wave)
        {
            int count = Math.Min(samples.Wave, members.Length - first);
            samples.Run([.. Enumerable.Range(first, count).Select(n => new ArraySegment<int>(members, n, 1))], 1);
            float[] found = samples.Products();
            for (int n = 0; n < count; n++)
            {
                for (int o = 0; o < rows; o++)
                    products[o * members.Length + first + n] = found[n * rows + o];
            }
        }

        return products;
    }

    /// <summary>The request on some of the evaluation samples, as many of every class as there can be; on all where an objective names samples.</summary>
    private MethodContext Validation(MethodContext context)
    {
        Dataset test = context.Test;
        if (_options.Validation > 0 && _options.Validation < test.Count && context.Objectives.All(objective => objective.Samples is null))
        {
            int classes = test.Labels.Distinct().Count(), perClass = Math.Max(1, _options.Validation / classes);
            int[] order = SeededOrder.Permutation(test.Count, context.Seed, Stream);
            test = test.Select([.. order.GroupBy(n => test.Labels[n]).SelectMany(ofClass => ofClass.Take(perClass)).Order()]);
        }

        return new MethodContext(context.Device, context.Network, context.Train, test, context.Parts, context.Objectives, context.Recipe) { Target = context.Target, LargestWave = context.LargestWave };
    }
}
