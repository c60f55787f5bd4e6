using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="Adjoint"/>.</summary>
/// <param name="From">The share of the training, from its start, that the walk back leaves out; from 0 to below 1.</param>
/// <param name="Curvature"><c>hessian</c>, for the exact derivative, or <c>gauss-newton</c>, without the curvature of the network.</param>
/// <param name="Ensemble">Trainings whose derivatives are averaged.</param>
/// <param name="Keep">The share of the training samples that each of them is trained on, at random; 1 for all.</param>
/// <param name="Seeds">The seeds of the trainings on random samples: <c>target</c> for that of the target, or <c>each</c> for that and
/// those after it. Trainings on all samples have a seed each, because they would be equal otherwise.</param>
/// <param name="Check">Models that are retrained without random parts to test the effects (<see cref="RetrainingCheck"/>); 0 for
/// none.</param>
public sealed record AdjointOptions(double From = 0, string Curvature = "hessian", int Ensemble = 1, double Keep = 1,
    string Seeds = "target", int Check = 8);

/// <summary>
/// `adjoint` (after Ilyas and Engstrom, "MAGIC", 2025, and Maclaurin et al., ICML 2015): the derivative of F_o(θ_T) by the weight of every
/// training sample through the whole training, by its adjoint: one walk back over the recorded steps, whatever the number of samples.
/// W[o, g] = Σ_{n∈g} ∂F_o/∂s_n, where s_n multiplies the sample's weight in the mean of its batches. Unit: the objective's, to first order.
/// Cost: for each objective one to two times the target's training, that training twice for each wave of objectives, and the test. One
/// walk gives the derivatives by all samples; they are kept (<see cref="DerivativeStore"/>) and serve every granularity.
/// </summary>
/// <remarks>
/// The running statistics of batch norms are constants, and so is the presence of a sample in the statistics of its batch; the tangents of
/// those statistics by the parameters are exact.
/// </remarks>
public sealed class Adjoint(AdjointOptions? options = null) : IAttributionMethod
{
    private const int Wave = 16;

    /// <summary>The version of what is stored; another version gives other keys.</summary>
    private const string Format = "adjoint 1";

    /// <summary>The relative distance of the repeated training's end from the target above which the user is told.</summary>
    private const double Distant = 1e-2;

    private readonly AdjointOptions _options = options ?? new AdjointOptions();

    /// <summary>Without the test, which changes no effect.</summary>
    public object Options => new { _options.From, _options.Curvature, _options.Ensemble, _options.Keep, _options.Seeds };

    /// <summary>From <c>from</c>, <c>curvature</c>, <c>ensemble</c>, <c>keep</c>, <c>seeds</c> and <c>check</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Adjoint From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new AdjointOptions();
        return new Adjoint(new AdjointOptions(settings.Share("from", best.From),
            settings.Word("curvature", best.Curvature, "hessian", "gauss-newton"),
            settings.Whole("ensemble", best.Ensemble, 1, 10_000), settings.Real("keep", best.Keep, 0, 1),
            settings.Word("seeds", best.Seeds, "target", "each"), settings.Whole("check", best.Check, 0, 1000)));
    }

    public bool FallsIntoPieces => true;

    public bool NeedsTraining => true;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int members = Math.Min(context.Bounded(Wave), context.Objectives.Count);
        int steps = context.Recipe.TotalSteps(context.Train.Count);
        long vectors = TrainingReplay.Vectors(steps - FirstStep(steps)) + 3;
        return ObjectiveGradients.Estimate(context, members)
            + (_options.Check > 0 ? LeaveOutModels.Estimate(context, _options.Check) : new MemoryEstimate())
            + AdjointWalk.Estimate(context.Network, context.Recipe, context.Train.Count, members)
            + new MemoryEstimate(("training", MemoryEstimate.Vectors(context.Network, vectors)),
                ("effects", (long)members * context.Train.Count * sizeof(double)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ObjectiveCotangents.Require(context.Objectives);
        context.RequireTrajectory("adjoint");
        var check = new RetrainingCheck(context, _options.Check);
        using var trainings = new Trainings(context, _options, FirstStep(context.Recipe.TotalSteps(context.Train.Count)));
        if (context.Pieces.Share is StageShare share && check.Removed.Count > 0)
            throw share.EndAfter(() => check.Retrain(), () => Effects(context, trainings));
        AttributionMatrix effects = Effects(context, trainings);
        check.Tell("adjoint", effects,
            "The derivative of this training does not predict models without some parts: its steps are too large, or its activation has "
            + "kinks. Train with a smaller learning rate or with gelu, or use auto or head (docs/per-sample.md).");
        return effects;
    }

    private AttributionMatrix Effects(MethodContext context, Trainings trainings)
    {
        int count = context.Objectives.Count, parts = context.Parts.Count;

        // One piece is one objective in one training of the ensemble; the trainings follow one another.
        IReadOnlyList<double[]> pieces = context.Pieces.Each<double>("objective", _options.Ensemble * count, context.Bounded(Wave),
            wave => [.. wave.Pieces.GroupBy(piece => piece / count).SelectMany(ofTraining
                => trainings.Effects(ofTraining.Key, [.. ofTraining.Select(piece => piece % count)], wave))]);
        var effects = new double[count * parts];
        for (int piece = 0; piece < pieces.Count; piece++)
        {
            for (int g = 0; g < parts; g++)
                effects[piece % count * parts + g] += pieces[piece][g] / _options.Ensemble;
        }

        return context.ToMatrix(effects);
    }

    private int FirstStep(int steps) => Math.Min(Trajectory.StepAt(_options.From, steps), steps - 1);

    /// <summary>The trainings of the ensemble, one at a time.</summary>
    private sealed class Trainings(MethodContext context, AdjointOptions options, int firstStep) : IDisposable
    {
        private readonly HashSet<int>[] _dropped = options.Keep < 1
            ? [.. RandomSubsets.Draw(context.Train.Count, options.Keep, options.Ensemble, context.Seed, SubsetUse.Adjoint)
                .Select(dropped => dropped.ToHashSet())]
            : [.. Enumerable.Range(0, options.Ensemble).Select(_ => new HashSet<int>())];
        private TrainingReplay? _replay;
        private int _current = -1;

        /// <summary>[N]: the number of trainings that each sample is part of.</summary>
        private int[] TimesKept => field ??= [.. Enumerable.Range(0, context.Train.Count)
            .Select(sample => _dropped.Count(dropped => !dropped.Contains(sample)))];

        /// <summary>[E][G]: the effects of all parts on these objectives, by one training.</summary>
        public double[][] Effects(int training, int[] objectives, PieceWave wave)
        {
            string?[] keys = Keys(training, objectives);
            float[]?[] rows = [.. keys.Select(key => key is null ? null : context.Derivatives?.Find(key, context.Train.Count))];
            int[] missing = [.. Enumerable.Range(0, rows.Length).Where(row => rows[row] is null)];
            if (missing.Length > 0)
            {
                float[][] walked = WalkBack(training, [.. missing.Select(row => context.Objectives[objectives[row]])], wave);
                for (int i = 0; i < missing.Length; i++)
                {
                    rows[missing[i]] = walked[i];
                    if (keys[missing[i]] is string key)
                        context.Derivatives?.Keep(key, walked[i], context.Train.Count);
                }
            }

            return [.. rows.Select(row => Sum(row!, DroppedBy(training)))];
        }

        public void Dispose() => _replay?.Dispose();

        private TrainingOptions RecipeOf(int training) => options.Keep < 1 && options.Seeds == "target" ? context.Recipe
            : context.Recipe with { Seed = context.Recipe.Seed + (ulong)training };

        private Func<int, bool>? DroppedBy(int training) => _dropped[training].Count > 0 ? _dropped[training].Contains : null;

        /// <summary>What determines the derivatives of each objective; nulls where it is not known.</summary>
        private string?[] Keys(int training, int[] objectives)
        {
            if (context.Identity is not RetrainingIdentity identity || context.Derivatives is null)
                return new string?[objectives.Length];
            bool[] dropped = [.. Enumerable.Range(0, context.Train.Count).Select(_dropped[training].Contains)];
            string model = identity.KeyOf(RecipeOf(training).Seed, dropped);
            return [.. objectives.Select(o
                => Fingerprint.Of(Format, model, context.Objectives[o].Name, firstStep, options.Curvature))];
        }

        /// <summary>[G]: the derivatives [N] of one objective, summed over each part's samples.</summary>
        private double[] Sum(float[] derivatives, Func<int, bool>? isDropped)
        {
            var effects = new double[context.Parts.Count];
            for (int n = 0; n < derivatives.Length; n++)
                effects[context.Parts.GroupOf[n]] += WeightOf(n, isDropped) * derivatives[n];
            return effects;
        }

        /// <summary>[E][N]: the derivatives of these objectives by the weights of all samples, in one training.</summary>
        private float[][] WalkBack(int training, Objective[] rows, PieceWave wave)
        {
            TrainingOptions recipe = RecipeOf(training);
            Func<int, bool>? isDropped = DroppedBy(training);
            TrainingReplay replay = Replay(training, recipe, isDropped);
            using var gradients = new ObjectiveGradients(context, rows);
            using var walk = new AdjointWalk(context.Device, context.Network, context.TrainSet, recipe, isDropped, rows.Length,
                options.Curvature == "hessian");
            walk.Start(gradients.At(replay.End));
            double[][] sums = [.. rows.Select(_ => new double[context.Train.Count])];
            for (int step = replay.TotalSteps - 1; step >= firstStep; step--)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                walk.Step(step, replay.Before(step), (member, sample, value) => sums[member][sample] += value);
                double share = (double)(replay.TotalSteps - step) / (replay.TotalSteps - firstStep);
                context.OnProgress?.Invoke(wave.Before + share * rows.Length, wave.Total, "objectives");
            }

            return [.. sums.Select(row => Array.ConvertAll(row, value => (float)value))];
        }

        /// <summary>
        /// A sample's effect is the mean over the trainings that contain it. In a training without it, the derivative describes a model to
        /// which a little of the sample is added; with large steps this does not predict what the whole sample does. It is used only for a
        /// sample that no training contains.
        /// </summary>
        private double WeightOf(int sample, Func<int, bool>? isDropped)
            => TimesKept[sample] == 0 ? 1 : isDropped?.Invoke(sample) == true ? 0 : (double)options.Ensemble / TimesKept[sample];

        private TrainingReplay Replay(int training, TrainingOptions recipe, Func<int, bool>? isDropped)
        {
            if (_replay is not null && _current == training)
                return _replay;
            _replay?.Dispose();
            _replay = new TrainingReplay(context.Device, context.Network, context.TrainSet, recipe, firstStep, isDropped,
                onStep: null, context.Cancellation);
            _current = training;
            if (training == 0 && isDropped is null)
                WarnOfAnotherTarget(_replay.End);
            return _replay;
        }

        /// <summary>Warns if the target is not what its recipe gives.</summary>
        private void WarnOfAnotherTarget(float[] end)
        {
            double distance = 0, length = 0;
            for (int p = 0; p < end.Length; p++)
            {
                distance += ((double)end[p] - context.Target[p]) * ((double)end[p] - context.Target[p]);
                length += (double)context.Target[p] * context.Target[p];
            }

            if (!(distance <= Distant * Distant * length))
                context.OnWarning?.Invoke(
                    "adjoint: the target's training, run again, does not end at the target: the effects are those of the repeated "
                    + "training. Was the target trained on another device, or with other options?");
        }
    }
}
