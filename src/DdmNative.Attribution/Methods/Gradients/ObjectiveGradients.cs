using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// ∇_θ F_o(θ) of every objective, [O, P]. Objectives over the whole split or a class are combined from the classes' gradients, so that no
/// sample is processed twice for the same kind.
/// </summary>
internal sealed class ObjectiveGradients : IDisposable
{
    private const int Block = 64, Wave = 8;

    /// <summary>
    /// With more classes, an objective over the whole split has a gradient of its own: a vector for each of a thousand classes takes
    /// gigabytes. This does not depend on the other objectives, so that these do not change a bit.
    /// </summary>
    private const int MostClasses = 100;

    private readonly Network _network;
    private readonly Dataset _test;
    private readonly ModelEvaluator _evaluator;
    private readonly IReadOnlyList<Objective> _objectives;
    private readonly BlockGradients _gradients;
    private readonly List<(ObjectiveKind Kind, int[] Samples)> _atoms = [];
    private readonly List<List<(int Atom, double Weight)>> _sums = [];
    private readonly SampleBlocks _blocks;

    /// <exception cref="MethodRequestException">An objective has no gradient.</exception>
    public ObjectiveGradients(MethodContext context)
        : this(context, context.Objectives)
    {
    }

    /// <summary>The gradients of some objectives, which need not be the request's.</summary>
    /// <exception cref="MethodRequestException">An objective has no gradient.</exception>
    public ObjectiveGradients(MethodContext context, IReadOnlyList<Objective> objectives)
        : this(context.Device, context.Network, context.Test, context.TestSet.Samples, context.Evaluator, objectives,
            context.Bounded(Wave))
    {
    }

    private ObjectiveGradients(Device device, Network network, Dataset test, SampleSource images, ModelEvaluator evaluator,
        IReadOnlyList<Objective> objectives, int wave)
    {
        (_network, _test, _evaluator, _objectives) = (network, test, evaluator, objectives);
        ObjectiveCotangents.Require(objectives);
        _sums.AddRange(objectives.Select(AtomsOf));

        // As small as possible: the unused samples of a block are wasted work.
        int block = Math.Min(Block, _atoms.Max(atom => atom.Samples.Length));
        _blocks = new SampleBlocks([.. _atoms.Select(atom => atom.Samples)], block);
        _gradients = new BlockGradients(device, network, images, labels: null,
            new BlockGradientOptions(Math.Min(wave, _blocks.Blocks.Count), block, KeepGradients: true));
    }

    /// <summary>The memory that the objectives' gradients need.</summary>
    public static MemoryEstimate Estimate(MethodContext context) => Estimate(context, context.Objectives.Count);

    /// <summary>The memory that the gradients of so many objectives need.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int objectives)
        => new BlockGradientOptions(context.Bounded(Wave), Block).Estimate(context.Network)
            + new MemoryEstimate(("objectives' gradients", MemoryEstimate.Vectors(context.Network, 3L * objectives)));

    /// <summary>The gradients at θ.</summary>
    public float[] At(float[] parameters)
    {
        int length = _network.ParameterCount, classes = _network.Classes;
        float[] logits = _evaluator.Logits(parameters, 1);
        _gradients.SetParameters(parameters);
        var atoms = new double[(long)_atoms.Count * length];
        foreach ((int[] parts, ArraySegment<int>[] samples) in _blocks.Waves(_gradients.Wave))
        {
            // Blocks of different atoms run together: a sample's cotangent has the kind and weight of its block.
            int met = 0;
            int[] atomOf = [.. samples.SelectMany((block, b) => Enumerable.Repeat(parts[b], block.Count))];
            _gradients.Run(samples, (sample, cotangent) =>
            {
                (ObjectiveKind kind, int[] of) = _atoms[atomOf[met++]];
                ObjectiveCotangents.Fill(kind, logits.AsSpan(sample * classes, classes), _test.Labels[sample], 1.0 / of.Length, cotangent);
            });
            float[] wave = _gradients.Gradients();
            for (int b = 0; b < parts.Length; b++)
            {
                for (int p = 0; p < length; p++)
                    atoms[(long)parts[b] * length + p] += wave[b * length + p];
            }
        }

        var result = new float[(long)_objectives.Count * length];
        for (int o = 0; o < _objectives.Count; o++)
        {
            for (int p = 0; p < length; p++)
            {
                double sum = 0;
                foreach ((int atom, double weight) in _sums[o])
                    sum += weight * atoms[(long)atom * length + p];
                result[(long)o * length + p] = (float)sum;
            }
        }

        return result;
    }

    public void Dispose() => _gradients.Dispose();

    private List<(int Atom, double Weight)> AtomsOf(Objective objective)
    {
        if (objective.Samples is not null)
            return [(Atom(objective.Kind, [.. objective.Samples]), 1)];
        int[] classes = objective.Class is int one ? [one] : [.. _test.Labels.Distinct().Order()];
        if (classes.Length > MostClasses)
            return [(Atom(objective.Kind, [.. Enumerable.Range(0, _test.Count)]), 1)];
        int[][] samples = [.. classes.Select(c => Enumerable.Range(0, _test.Count).Where(n => _test.Labels[n] == c).ToArray())];
        double count = samples.Sum(list => list.Length);
        return [.. samples.Select(list => (Atom(objective.Kind, list), list.Length / count))];
    }

    private int Atom(ObjectiveKind kind, int[] samples)
    {
        int known = _atoms.FindIndex(atom => atom.Kind == kind && atom.Samples.AsSpan().SequenceEqual(samples));
        if (known >= 0)
            return known;
        _atoms.Add((kind, samples));
        return _atoms.Count - 1;
    }
}
