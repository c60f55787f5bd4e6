using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>Fills in the cotangent of one sample's logits [K].</summary>
internal delegate void SampleCotangent(int sample, Span<float> cotangent);

/// <summary>The options of <see cref="BlockGradients"/>.</summary>
/// <param name="Wave">E: blocks run together along the ensemble axis.</param>
/// <param name="Block">N: the maximum number of samples of one block.</param>
/// <param name="Directions">D: the number of directions for products; 0 for none.</param>
/// <param name="Norms">Whether ‖g‖² is computed.</param>
/// <param name="KeepGradients">Whether <see cref="BlockGradients.Gradients"/> is needed.</param>
internal sealed record BlockGradientOptions(int Wave, int Block, int Directions = 0, bool Norms = false, bool KeepGradients = false)
{
    /// <summary>The memory that it needs.</summary>
    public MemoryEstimate Estimate(Network network)
        => new(("directions", MemoryEstimate.Vectors(network, Directions)), ("gradients", MemoryEstimate.Vectors(network, Wave)),
            ("passes", MemoryEstimate.Pass(network, Wave, Block)));
}

/// <summary>
/// Computes gradients g_b = Σ_{n∈b} w_n ∇f_n(θ) of blocks of samples, one block per ensemble member, all sharing θ; and for each its
/// products with common directions, ⟨g_b, v_d⟩, its squared norm, or the gradient itself. A block of one sample gives per-sample gradients.
/// Only wave × P numbers exist at a time, whatever the number of samples.
/// </summary>
/// <remarks>
/// One recorded plan: gather, forward, cotangent of the logits (cross-entropy on the device, or given by the host), backward. The products
/// are one matrix product of the gradients [E, 1, P] with the directions [D, P].
/// </remarks>
internal sealed class BlockGradients : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Network _network;
    private readonly BlockGradientOptions _options;
    private readonly NetworkPass _pass;
    private readonly Tensor _parameters, _indices, _gradient;
    private readonly SampleBatch _batch;
    private readonly SampleBatch? _labels;
    private readonly Tensor? _weights, _cotangent, _directions, _products, _norms;
    private readonly IPlan _plan;
    private readonly float[] _hostIndices, _hostWeights, _hostCotangent;

    /// <param name="device">Where to run.</param>
    /// <param name="network">The network.</param>
    /// <param name="images">[1, M, C, H, W]; owned by the caller.</param>
    /// <param name="labels">Label vectors [1, M, K] for the gradient of the loss; null if the host gives the logits' cotangents.</param>
    /// <param name="options">The options.</param>
    public BlockGradients(Device device, Network network, SampleSource images, SampleSource? labels,
        BlockGradientOptions options)
    {
        (_network, _options) = (network, options);
        (int wave, int block) = (options.Wave, options.Block);
        var logits = new TensorShape(wave, block, network.Classes);
        TensorShape vector = TensorShape.Vector(wave, network.ParameterCount);
        _pass = new NetworkPass(device, network, wave, block);
        _parameters = Own(device.Allocate(vector.WithMembers(1)));
        _indices = Own(device.Allocate(new TensorShape(wave, block, 1)));
        _gradient = Own(options.KeepGradients ? device.Allocate(vector) : device.AllocateTransient(vector));
        _batch = Own(new SampleBatch(device, images, wave, block));
        _hostIndices = new float[wave * block];
        _hostWeights = new float[labels is null ? 0 : wave * block];
        _hostCotangent = new float[labels is null ? logits.Length : 0];
        Tensor cotangent;
        if (labels is null)
        {
            cotangent = _cotangent = Own(device.Allocate(logits));
        }
        else
        {
            cotangent = Own(device.AllocateTransient(logits));
            _labels = Own(new SampleBatch(device, labels, wave, block));
            _weights = Own(device.Allocate(new TensorShape(wave, block, 1)));
        }

        if (options.Directions > 0)
        {
            // The bias of the product, which is zero, follows the directions.
            _directions = Own(device.Allocate(TensorShape.Vector(1, checked(options.Directions * (network.ParameterCount + 1)))));
            _products = Own(device.Allocate(new TensorShape(wave, 1, options.Directions)));
        }

        _norms = options.Norms ? Own(device.Allocate(TensorShape.Vector(wave, 1))) : null;
        _plan = device.Record("block gradients", () =>
        {
            _batch.Record(_indices);
            _pass.Forward(_parameters, _batch.Values);
            if (_labels is not null)
            {
                _labels.Record(_indices);
                device.SoftmaxCrossEntropy.Backward(_pass.Output, _labels.Values, _weights!, cotangent);
            }

            _pass.Backward(_parameters, _batch.Values, cotangent, _gradient, null);
            if (_directions is not null)
            {
                int length = options.Directions * network.ParameterCount;
                device.MatrixProduct.Forward(_gradient, new Slice(_directions, 0, length),
                    new Slice(_directions, length, options.Directions), _products!);
            }

            if (_norms is not null)
                device.Reduction.Dot(_gradient, _gradient, _norms);
        });
    }

    /// <summary>The number of blocks that run together.</summary>
    public int Wave => _options.Wave;

    /// <summary>The gradients of the last run on the device, [E, 1, P].</summary>
    public Tensor GradientTensor => _gradient;

    /// <summary>Uploads θ [P].</summary>
    public void SetParameters(ReadOnlySpan<float> parameters) => _parameters.Upload(parameters);

    /// <summary>Uploads the directions [D, P].</summary>
    public void SetDirections(ReadOnlySpan<float> directions)
    {
        var values = new float[_directions!.Shape.Length];
        directions.CopyTo(values);
        _directions.Upload(values);
    }

    /// <summary>Computes the blocks' gradients of the loss, with weight <paramref name="weight"/> for each sample.</summary>
    public void Run(IReadOnlyList<ArraySegment<int>> blocks, double weight)
    {
        Place(blocks);
        Array.Clear(_hostWeights);
        for (int b = 0; b < blocks.Count; b++)
            _hostWeights.AsSpan(b * _options.Block, blocks[b].Count).Fill((float)weight);
        _weights!.Upload(_hostWeights);
        _plan.Run();
    }

    /// <summary>Computes the blocks' gradients of the function whose derivatives by the logits are these cotangents.</summary>
    public void Run(IReadOnlyList<ArraySegment<int>> blocks, SampleCotangent cotangent)
    {
        Place(blocks);
        Array.Clear(_hostCotangent);
        for (int b = 0; b < blocks.Count; b++)
        {
            for (int n = 0; n < blocks[b].Count; n++)
                cotangent(blocks[b][n], _hostCotangent.AsSpan((b * _options.Block + n) * _network.Classes, _network.Classes));
        }

        _cotangent!.Upload(_hostCotangent);
        _plan.Run();
    }

    /// <summary>⟨g_b, v_d⟩ of the last run, [E, D].</summary>
    public float[] Products() => _products!.ToArray();

    /// <summary>‖g_b‖² of the last run, [E].</summary>
    public float[] SquaredNorms() => _norms!.ToArray();

    /// <summary>g_b of the last run, [E, P].</summary>
    public float[] Gradients() => _gradient.ToArray();

    public void Dispose()
    {
        _plan.Dispose();
        _pass.Dispose();
        _owned.ForEach(part => part.Dispose());
    }

    /// <summary>Places the samples of blocks; positions beyond a block's end refer to sample 0 with weight zero.</summary>
    private void Place(IReadOnlyList<ArraySegment<int>> blocks)
    {
        Array.Clear(_hostIndices);
        for (int b = 0; b < blocks.Count; b++)
        {
            for (int n = 0; n < blocks[b].Count; n++)
                _hostIndices[b * _options.Block + n] = blocks[b][n];
        }

        _indices.Upload(_hostIndices);
        _batch.Load(_hostIndices);
        _labels?.Load(_hostIndices);
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
