namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// ⟨v_o, Σ_{n∈g} ∇L(x_n; θ)⟩/N for every direction v_o and part g of the training set, [O, G]: the remaining work of most gradient methods
/// once the objectives' gradients are known. It streams over the samples; no part's gradient is stored.
/// </summary>
internal sealed class GradientProducts : IDisposable
{
    /// <summary>The maximum number of samples of a block; more for a network that is one layer.</summary>
    private const int LargestBlock = 32, LargestOfHead = 512;

    private readonly MethodContext _context;
    private readonly int _directions;
    private readonly SampleBlocks _blocks;
    private readonly BlockGradients _gradients;
    private readonly bool _norms;

    /// <param name="context">The request.</param>
    /// <param name="directions">O.</param>
    /// <param name="norms">Whether <see cref="SquaredNorms"/> is needed; then every part is one block.</param>
    public GradientProducts(MethodContext context, int directions, bool norms = false)
    {
        (_context, _directions, _norms) = (context, directions, norms);
        BlockGradientOptions options = OptionsFor(context, directions, norms);
        _blocks = new SampleBlocks(SampleBlocks.PartsOf(context.Parts), options.Block);
        _gradients = new BlockGradients(context.Device, context.Network, context.TrainSet.Samples, context.TrainSet.LabelVectors,
            options with { Wave = Math.Min(options.Wave, _blocks.Blocks.Count) });
    }

    /// <summary>‖Σ_{n∈g} ∇L(x_n; θ)/N‖² of every part [G], after <see cref="At"/>.</summary>
    public double[] SquaredNorms { get; private set; } = [];

    /// <summary>The memory that it needs.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int directions, bool norms = false)
        => OptionsFor(context, directions, norms).Estimate(context.Network);

    /// <summary>The products [O·G] at θ with directions [O, P].</summary>
    /// <param name="parameters">θ.</param>
    /// <param name="directions">v.</param>
    /// <param name="onSamples">Called with the number of finished samples.</param>
    public double[] At(ReadOnlySpan<float> parameters, ReadOnlySpan<float> directions, Action<int>? onSamples = null)
    {
        int parts = _context.Parts.Count, done = 0;
        var products = new double[_directions * parts];
        SquaredNorms = new double[_norms ? parts : 0];
        _gradients.SetParameters(parameters);
        _gradients.SetDirections(directions);
        foreach ((int[] part, ArraySegment<int>[] samples) in _blocks.Waves(_gradients.Wave))
        {
            _context.Cancellation.ThrowIfCancellationRequested();
            _gradients.Run(samples, 1.0 / _context.Train.Count);
            float[] wave = _gradients.Products();
            for (int b = 0; b < part.Length; b++)
            {
                for (int o = 0; o < _directions; o++)
                    products[o * parts + part[b]] += wave[b * _directions + o];
            }

            if (_norms)
            {
                float[] norms = _gradients.SquaredNorms();
                for (int b = 0; b < part.Length; b++)
                    SquaredNorms[part[b]] = norms[b];
            }

            onSamples?.Invoke(done += samples.Sum(block => block.Count));
        }

        return products;
    }

    public void Dispose() => _gradients.Dispose();

    private static BlockGradientOptions OptionsFor(MethodContext context, int directions, bool norms)
    {
        int largest = context.Parts.Sizes.Max();

        // The gradient of a single large layer takes longer to write than to compute from few samples.
        int block = norms ? largest : Math.Min(largest, context.Network.IsOneLayer ? LargestOfHead : LargestBlock);
        return new BlockGradientOptions(context.Bounded(Math.Clamp(512 / block, 4, 64)), block, directions, norms);
    }
}
