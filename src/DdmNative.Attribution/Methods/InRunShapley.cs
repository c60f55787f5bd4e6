using System.Globalization;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Settings of <see cref="InRunShapley"/>.</summary>
/// <param name="Order">1, or 2 with the objective's curvature.</param>
/// <param name="Every">The utility is taken apart at every so many steps, each standing for all of them; 1 for every step.</param>
/// <param name="Validation">Evaluation samples that such a step looks at, all taking their turn; 0 for all of them at once. Objectives over
/// named samples have these beside them.</param>
public sealed record InRunShapleyOptions(int Order = 1, int Every = 6, int Validation = 2);

/// <summary>
/// `in-run-shapley` (Wang et al., "Data Shapley in one training run", ICLR 2025): the Shapley values of the samples of each step's batch
/// for the utility U(S) = F(after the step on S) − F(before), summed over the training that made the target. First order: φ_n =
/// −η⟨∇F_o(θ_t), ∇L_n(θ_t)⟩/B; second: + η²/2·⟨∇L_n, ∇²F_o ḡ⟩/B with the batch's mean gradient ḡ; η = η_t/(1 − μ). W[o, g] = Σ φ_n: U's
/// sign is that of F(with) − F(without), so that for a loss negative helps. Unit: the objective's. No gradient of a training sample is
/// stored (<see cref="GhostProducts"/>).
/// </summary>
/// <remarks>
/// The training is run again as it was, bit for bit; a step that is taken apart gives the products on its way. ∇F_o is that of a few
/// evaluation samples, which change from step to step (<see cref="RotatingEvaluation"/>): their gradients are the directions, whatever the
/// number of objectives.
/// </remarks>
public sealed class InRunShapley(InRunShapleyOptions? options = null) : IAttributionMethod
{
    /// <summary>Steps whose effects are kept together: what an interrupted run takes apart again at most.</summary>
    private const int StepsKeptTogether = 64;

    private readonly InRunShapleyOptions _options = options ?? new InRunShapleyOptions();

    public object Options => _options;

    /// <summary>From <c>order</c>, <c>every</c> and <c>validation</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static InRunShapley From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var best = new InRunShapleyOptions();
        return new InRunShapley(
            new InRunShapleyOptions(settings.Whole("order", best.Order, 1, 2), settings.Whole("every", best.Every, 1, 1_000_000),
            settings.Whole("validation", best.Validation, 0, 10_000_000)));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int batch = Math.Min(context.Recipe.BatchSize, context.Train.Count), looked = Rounds(context).Count;
        return EvaluatedGradients.Estimate(context, looked, IsSecond) + new MemoryEstimate(
            ("directions", GhostProducts.Floats(context.Network, looked * _options.Order) * sizeof(float)),
            ("training", MemoryEstimate.Vectors(context.Network, IsSecond ? 5 : 3) + 2 * MemoryEstimate.Pass(context.Network, 1, batch)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ObjectiveCotangents.Require(context.Objectives);
        using var run = new Apart(context, _options, Rounds(context));
        run.Train();
        return context.ToMatrix(run.Effects);
    }

    private bool IsSecond => _options.Order == 2;

    private RotatingEvaluation Rounds(MethodContext context)
        => new(context.Objectives, context.Test.Labels, _options.Validation, context.Seed);

    /// <summary>One training that is taken apart.</summary>
    private sealed class Apart : IDisposable
    {
        private readonly MethodContext _context;
        private readonly InRunShapleyOptions _options;
        private readonly RotatingEvaluation _rounds;
        private readonly BatchOrder _order;
        private readonly GhostProducts _products;
        private readonly EnsembleTrainer _trainer;
        private readonly EvaluatedGradients _evaluated;
        private readonly BlockGradients? _batch;
        private readonly int _total;
        private readonly float[] _parameters;
        private EvaluatedSample[] _looked = [];
        private double[] _together = [];
        private bool _isKept;

        public Apart(MethodContext context, InRunShapleyOptions options, RotatingEvaluation rounds)
        {
            (_context, _options, _rounds) = (context, options, rounds);
            _order = new BatchOrder(context.Train.Count, context.Recipe.BatchSize, context.Recipe.Seed);
            _total = context.Recipe.TotalSteps(context.Train.Count);
            _products = new GhostProducts(context.Device, context.Network, _order.BatchSize, rounds.Count * options.Order);
            _trainer = new EnsembleTrainer(context.Device, context.Network, context.TrainSet, context.Recipe, _products);
            _evaluated = new EvaluatedGradients(context, rounds.Count, options.Order == 2);
            _batch = options.Order == 1 ? null
                : new BlockGradients(context.Device, context.Network, context.TrainSet.Samples, context.TrainSet.LabelVectors,
                    new BlockGradientOptions(1, _order.BatchSize, KeepGradients: true));
            _parameters = new float[context.Network.ParameterCount];
            Effects = new double[context.Objectives.Count * context.Parts.Count];
        }

        /// <summary>[O, G], after <see cref="Train"/>.</summary>
        public double[] Effects { get; }

        public void Train()
        {
            float[] initial = _context.Network.Initialise(_context.Recipe.Seed);
            _trainer.RunWithProducts(initial, Prepare, (done, _) =>
            {
                Finish(done - 1);
                _context.OnProgress?.Invoke(done, _total, "steps");
            }, _context.Cancellation);
        }

        public void Dispose()
        {
            _trainer.Dispose();
            _products.Dispose();
            _evaluated.Dispose();
            _batch?.Dispose();
        }

        /// <summary>Before a step: whether it is taken apart, and along what.</summary>
        private bool Prepare(int step)
        {
            if (step % StepsKeptTogether == 0)
            {
                double[]? kept = _context.Pieces.Kept.Find(NameOf(step));
                (_together, _isKept) = (kept ?? new double[Effects.Length], kept is not null);
            }

            if (!IsTakenApart(step))
                return false;
            _trainer.ReadParameters(_parameters);
            _looked = _rounds.At(step / _options.Every);
            float[] directions = _evaluated.At(_parameters, _looked);
            if (_batch is not null)
            {
                _batch.SetParameters(_parameters);
                int[] members = _order.Batch(step).ToArray();
                _batch.Run([new ArraySegment<int>(members)], 1.0 / members.Length);
                directions = [.. directions, .. _evaluated.Along(_batch.Gradients())];
            }

            _products.SetDirections(directions);
            return true;
        }

        /// <summary>After a step: adds its samples' values. The products hold a sample's weight in its batch, 1/B.</summary>
        private void Finish(int step)
        {
            if (IsTakenApart(step))
                AddValues(step, _products.Read());
            if ((step + 1) % StepsKeptTogether != 0 && step + 1 < _total)
                return;
            if (!_isKept)
                _context.Pieces.Kept.Keep(NameOf(step / StepsKeptTogether * StepsKeptTogether), _together);
            for (int i = 0; i < Effects.Length; i++)
                Effects[i] += _together[i];
        }

        private void AddValues(int step, double[] products)
        {
            double rate = ScheduleLength.Between(_context.Recipe, _context.Recipe.TotalSteps(_context.Train.Count), step, step + 1);
            double[] weights = _rounds.Weights(_looked);
            int standsFor = Math.Min(_options.Every, _total - step), parts = _context.Parts.Count, looked = _looked.Length;
            ReadOnlySpan<int> members = _order.Batch(step);
            for (int n = 0; n < members.Length; n++)
            {
                ReadOnlySpan<double> ofSample = products.AsSpan(n * looked * _options.Order, looked * _options.Order);
                int part = _context.Parts.GroupOf[members[n]];
                for (int o = 0; o < _context.Objectives.Count; o++)
                {
                    double value = 0;
                    for (int d = 0; d < looked; d++)
                    {
                        double weight = weights[o * looked + d];
                        value -= weight * rate * ofSample[d];
                        if (_options.Order == 2)
                            value += weight * rate * rate / 2 * ofSample[looked + d];
                    }

                    _together[o * parts + part] += standsFor * value;
                }
            }
        }

        private bool IsTakenApart(int step) => !_isKept && step % _options.Every == 0;

        private static string NameOf(int step) => string.Create(CultureInfo.InvariantCulture, $"steps-{step:D6}");
    }
}
