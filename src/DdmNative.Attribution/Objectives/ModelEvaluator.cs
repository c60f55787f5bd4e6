using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Objectives;

/// <summary>
/// Logits of many models on one set of evaluation samples: members in waves along the ensemble axis, samples in chunks, so that the memory
/// does not grow with either. Neither division changes a result.
/// </summary>
public sealed class ModelEvaluator : IDisposable
{
    /// <summary>The maximum number of samples per chunk.</summary>
    private const int LargestChunk = 256;

    private readonly Device _device;
    private readonly Network _network;
    private readonly SampleSource _images;
    private readonly int _chunk;
    private readonly int _wave;
    private readonly SortedDictionary<int, EvaluationPass> _passes = [];

    /// <param name="device">The device for the evaluation.</param>
    /// <param name="network">A whole network, or the top of one on frozen features.</param>
    /// <param name="images">[M, C, H, W]: normalised images or features, in the form that the network expects.</param>
    /// <param name="samples">M.</param>
    /// <param name="wave">The maximum number of members at once.</param>
    /// <exception cref="ArgumentException">The number of values does not match M inputs of the network.</exception>
    public ModelEvaluator(Device device, Network network, ReadOnlySpan<float> images, int samples, int wave = 32)
        : this(device, network, RowsOf(network, images, samples), wave)
    {
    }

    /// <param name="device">The device for the evaluation.</param>
    /// <param name="network">A whole network.</param>
    /// <param name="data">M normalised samples.</param>
    /// <param name="wave">The maximum number of members at once.</param>
    /// <exception cref="ArgumentException">The samples are not inputs of the network.</exception>
    public ModelEvaluator(Device device, Network network, Dataset data, int wave = 32)
        : this(device, network, data?.Rows!, wave)
    {
    }

    /// <param name="device">The device for the evaluation.</param>
    /// <param name="network">A whole network, or the top of one on frozen features.</param>
    /// <param name="rows">M normalised images or features, in the form that the network expects.</param>
    /// <param name="wave">The maximum number of members at once.</param>
    /// <exception cref="ArgumentException">The rows are not inputs of the network.</exception>
    public ModelEvaluator(Device device, Network network, SampleRows rows, int wave = 32)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Count, 1, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(wave, 1);
        (_device, _network, _wave, Samples) = (device, network, wave, rows.Count);
        _images = SampleSource.Create(device, rows, network.Input);
        int chunks = (Samples + LargestChunk - 1) / LargestChunk;
        _chunk = (Samples + chunks - 1) / chunks;
    }

    /// <summary>M.</summary>
    public int Samples { get; }

    /// <summary>Logits [E, M, K] of <paramref name="members"/> models with the given parameters [E·P].</summary>
    /// <exception cref="ArgumentException">The number of parameters does not match E models.</exception>
    public float[] Logits(ReadOnlySpan<float> parameters, int members)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        int length = _network.ParameterCount;
        RequireParameters(parameters.Length, members);
        int modelLength = Samples * _network.Classes;
        var logits = new float[checked(members * modelLength)];
        for (int first = 0; first < members; first += _wave)
        {
            int count = Math.Min(_wave, members - first);
            PassOf(count).Run(parameters.Slice(first * length, count * length), Samples,
                logits.AsSpan(first * modelLength, count * modelLength));
        }

        return logits;
    }

    /// <summary>
    /// Shows the logits of each model and sample, the samples of a model in order, without keeping them: many samples of many classes do
    /// not fit in memory.
    /// </summary>
    /// <param name="parameters">[E·P].</param>
    /// <param name="members">E.</param>
    /// <param name="visit">Receives them.</param>
    /// <exception cref="ArgumentException">The number of parameters does not match E models.</exception>
    internal void Visit(ReadOnlySpan<float> parameters, int members, LogitVisitor visit)
    {
        int length = _network.ParameterCount, classes = _network.Classes;
        RequireParameters(parameters.Length, members);
        for (int first = 0; first < members; first += _wave)
        {
            int count = Math.Min(_wave, members - first);
            EvaluationPass pass = PassOf(count);
            pass.SetParameters(parameters.Slice(first * length, count * length));
            foreach ((int sample, int samples, float[] logits) in pass.Chunks(Samples))
            {
                for (int member = 0; member < count; member++)
                {
                    for (int n = 0; n < samples; n++)
                        visit(first + member, sample + n, logits.AsSpan((member * _chunk + n) * classes, classes));
                }
            }
        }
    }

    /// <summary>The logits of one model for samples in ascending order, a chunk at a time.</summary>
    /// <exception cref="ArgumentException">The number of parameters does not match one model.</exception>
    internal LogitReader Reader(ReadOnlySpan<float> parameters)
    {
        RequireParameters(parameters.Length, 1);
        EvaluationPass pass = PassOf(1);
        pass.SetParameters(parameters);
        return new LogitReader(pass.Chunks(Samples), _network.Classes);
    }

    /// <summary>Computes the logits of models trained with and without parts of their training data.</summary>
    /// <param name="leftOut">The groups that each of R models leaves out.</param>
    /// <param name="reference">[P]: the model with everything (the control).</param>
    /// <param name="without">[R·P]: the models without the groups.</param>
    /// <exception cref="ArgumentException">The number of parameters does not match the models.</exception>
    public CounterfactualLogits Counterfactuals(IReadOnlyList<int[]> leftOut, ReadOnlySpan<float> reference, ReadOnlySpan<float> without)
    {
        ArgumentNullException.ThrowIfNull(leftOut);
        return new CounterfactualLogits(leftOut, Samples, _network.Classes, Logits(reference, 1), Logits(without, leftOut.Count));
    }

    public void Dispose()
    {
        foreach (EvaluationPass pass in _passes.Values)
            pass.Dispose();
        _images.Dispose();
    }

    private void RequireParameters(int count, int members)
    {
        if (count != (long)members * _network.ParameterCount)
            throw new ArgumentException($"{count} parameters are not those of {members} models of {_network.ParameterCount}.",
                nameof(count));
    }

    private EvaluationPass PassOf(int members)
    {
        if (!_passes.TryGetValue(members, out EvaluationPass? pass))
            _passes[members] = pass = new EvaluationPass(_device, _network, _images, members, _chunk);
        return pass;
    }

    private static ArrayRows RowsOf(Network network, ReadOnlySpan<float> images, int samples)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (images.Length != (long)samples * network.Input.Length)
            throw new ArgumentException($"{images.Length} values are not {samples} inputs of {network.Input}.", nameof(images));
        return new ArrayRows(images.ToArray(), network.Input.Length);
    }
}
