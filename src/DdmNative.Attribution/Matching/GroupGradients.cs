using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// Options of <see cref="GroupGradients"/>; they limit memory and padding. A group's gradient is summed over blocks, so <paramref
/// name="Block"/> affects its last bits.
/// </summary>
/// <param name="Block">Samples of one group per ensemble member.</param>
/// <param name="Wave">Blocks run together along the ensemble axis.</param>
public sealed record GroupGradientOptions(int Block = 32, int Wave = 16);

/// <summary>
/// The gradient of every group's mean loss at given parameters, [G, P]: the target of a synset's matching, also used by TracIn and the
/// one-step baseline.
/// </summary>
/// <remarks>
/// Groups have different sizes, but members of an ensemble have the same. Each group is therefore divided into blocks of equal size. Blocks
/// of different groups run together as members that share θ and the images; the last block of a group is padded with weight zero; and the
/// host adds the blocks in order and in double precision. At most one block per group is padded.
/// </remarks>
public sealed class GroupGradients : IDisposable
{
    private readonly Network _network;
    private readonly GroupGradientOptions _options;
    private readonly int[][] _samples;
    private readonly List<(int Group, int First)> _blocks = [];
    private readonly NetworkPass _pass;
    private readonly Tensor _parameters;
    private readonly Tensor _indices;
    private readonly Tensor _weights;
    private readonly Tensor _gradient;
    private readonly List<Tensor> _transients = [];
    private readonly IPlan _plan;
    private readonly Dictionary<int, float[]> _cache = [];

    /// <param name="device">Where to run.</param>
    /// <param name="network">The network.</param>
    /// <param name="images">[1, M, C, H, W]; owned by the caller.</param>
    /// <param name="labels">Label vectors [1, M, K, 1, 1]; owned by the caller.</param>
    /// <param name="groups">The group of each sample; a negative value leaves the sample out.</param>
    /// <param name="groupCount">G.</param>
    /// <param name="options">Blocks and waves.</param>
    /// <exception cref="ArgumentException">A group has no samples, a sample names a group that does not exist, or the counts
    /// disagree.</exception>
    public GroupGradients(Device device, Network network, Tensor images, Tensor labels, IReadOnlyList<int> groups, int groupCount,
        GroupGradientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Count != images.Shape.Samples)
            throw new ArgumentException($"{groups.Count} samples have a group; the training set has {images.Shape.Samples}.",
                nameof(groups));
        _network = network;
        _options = options ?? new GroupGradientOptions();
        _samples = SamplesOf(groups, groupCount);
        Sizes = [.. _samples.Select(samples => samples.Length)];
        for (int group = 0; group < groupCount; group++)
        {
            for (int first = 0; first < Sizes[group]; first += _options.Block)
                _blocks.Add((group, first));
        }

        int wave = Math.Min(_options.Wave, _blocks.Count);
        var batchShape = new TensorShape(wave, _options.Block, images.Shape.Channels, images.Shape.Height, images.Shape.Width);
        var logitShape = new TensorShape(wave, _options.Block, network.Classes);
        _pass = new NetworkPass(device, network, wave, _options.Block);
        _parameters = device.Allocate(TensorShape.Vector(1, network.ParameterCount));
        _indices = device.Allocate(new TensorShape(wave, _options.Block, 1));
        _weights = device.Allocate(new TensorShape(wave, _options.Block, 1));
        _gradient = device.Allocate(TensorShape.Vector(wave, network.ParameterCount));
        Tensor batch = Transient(device, batchShape);
        Tensor batchLabels = Transient(device, logitShape);
        Tensor cotangent = Transient(device, logitShape);
        _plan = device.Record("group gradients", () =>
        {
            device.Gather.Samples(images, _indices, batch);
            device.Gather.Samples(labels, _indices, batchLabels);
            _pass.Forward(_parameters, batch);
            device.SoftmaxCrossEntropy.Backward(_pass.Output, batchLabels, _weights, cotangent);
            _pass.Backward(_parameters, batch, cotangent, _gradient, null);
        });
    }

    /// <summary>G.</summary>
    public int GroupCount => _samples.Length;

    /// <summary>Samples of each group, n_g.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>∇L(D_g; θ) of every group's mean loss, [G, P].</summary>
    /// <exception cref="ArgumentException">The parameters are not the network's.</exception>
    public float[] At(ReadOnlySpan<float> parameters)
    {
        int length = _network.ParameterCount;
        _parameters.Upload(parameters);
        var gradients = new float[(long)GroupCount * length];
        var sum = new double[length];
        var wave = new float[_gradient.Shape.Length];
        int members = _gradient.Shape.Members;
        for (int first = 0; first < _blocks.Count; first += members)
        {
            int count = Math.Min(members, _blocks.Count - first);
            UploadBlocks(first, count);
            _plan.Run();
            _gradient.Download(wave);
            for (int i = 0; i < count; i++)
            {
                int group = _blocks[first + i].Group;
                ReadOnlySpan<float> part = wave.AsSpan(i * length, length);
                for (int p = 0; p < length; p++)
                    sum[p] += part[p];
                if (first + i + 1 == _blocks.Count || _blocks[first + i + 1].Group != group)
                    Flush(sum, gradients.AsSpan(group * length, length));
            }
        }
        return gradients;
    }

    /// <summary>
    /// As <see cref="At(ReadOnlySpan{float})"/>, with a cache by the checkpoint's step. The array is shared: do not write to it.
    /// </summary>
    public float[] At(Checkpoint checkpoint)
    {
        if (!_cache.TryGetValue(checkpoint.Step, out float[]? gradients))
            _cache[checkpoint.Step] = gradients = At(checkpoint.Parameters);
        return gradients;
    }

    public void Dispose()
    {
        _plan.Dispose();
        _pass.Dispose();
        _transients.ForEach(tensor => tensor.Dispose());
        _parameters.Dispose();
        _indices.Dispose();
        _weights.Dispose();
        _gradient.Dispose();
    }

    private static int[][] SamplesOf(IReadOnlyList<int> groups, int groupCount)
    {
        var samples = new List<int>[groupCount];
        for (int group = 0; group < groupCount; group++)
            samples[group] = [];
        for (int sample = 0; sample < groups.Count; sample++)
        {
            if (groups[sample] >= groupCount)
                throw new ArgumentException($"Sample {sample} belongs to group {groups[sample]}; there are {groupCount} groups.",
                    nameof(groups));
            if (groups[sample] >= 0)
                samples[groups[sample]].Add(sample);
        }
        int empty = Array.FindIndex(samples, group => group.Count == 0);
        if (empty >= 0)
            throw new ArgumentException($"Group {empty} has no samples, and therefore no gradient.", nameof(groups));
        return [.. samples.Select(group => group.ToArray())];
    }

    private static void Flush(double[] sum, Span<float> gradient)
    {
        for (int p = 0; p < sum.Length; p++)
            gradient[p] = (float)sum[p];
        Array.Clear(sum);
    }

    private void UploadBlocks(int first, int count)
    {
        var indices = new float[_indices.Shape.Length];
        var weights = new float[_weights.Shape.Length];
        for (int i = 0; i < count; i++)
        {
            (int group, int start) = _blocks[first + i];
            int[] samples = _samples[group];
            for (int n = 0; n < Math.Min(_options.Block, samples.Length - start); n++)
            {
                indices[i * _options.Block + n] = samples[start + n];
                weights[i * _options.Block + n] = 1.0f / samples.Length;
            }
        }
        _indices.Upload(indices);
        _weights.Upload(weights);
    }

    private Tensor Transient(Device device, TensorShape shape)
    {
        Tensor tensor = device.AllocateTransient(shape);
        _transients.Add(tensor);
        return tensor;
    }
}
