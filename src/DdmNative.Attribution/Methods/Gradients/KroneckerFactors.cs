using System.Collections.Concurrent;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// The Fisher matrix of the target in Kronecker-factored eigenbases with corrected eigenvalues (George et al., NeurIPS 2018; Grosse et al.
/// 2023). For a weight layer with input patches a and output cotangents δ: A = Σ aaᵀ and S = Σ δδᵀ over samples and places, U_A and U_S
/// their eigenvectors (rows), Λ = E_n[(U_S G_n U_Aᵀ)²] for the samples' gradients G_n. Biases and norm parameters use the diagonal of the
/// Fisher matrix. Labels are drawn from the target's own predictions, one for each sample. All of it is a mean over samples, so a part of
/// the training set can be used.
/// </summary>
/// <remarks>
/// All is computed with a pass and four products on the device: a convolution with filters that select single pixels (or are rows of U_A)
/// gives the (rotated) patches, a 1×1 convolution with U_S rotates δ, and the filter gradient of a 1×1 convolution is A, S or the rotated
/// gradient.
/// </remarks>
internal sealed class KroneckerFactors
{
    private const int Chunk = 64;

    /// <summary>Parameters that a thread sums at a time: enough to outweigh the cost of assigning them.</summary>
    private const int ParametersOfThread = 2048;

    private readonly Network _network;
    private readonly List<Block> _blocks = [];

    private KroneckerFactors(Network network)
    {
        _network = network;
        Eigenvalues = new double[network.ParameterCount];
    }

    /// <summary>Λ, at the rotated position of each weight and at the position of each other parameter, [P].</summary>
    public double[] Eigenvalues { get; }

    /// <summary>The memory that it needs.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int wave)
    {
        long squares = WeightLayers(context.Network).Max(layer => (long)layer.Inputs * layer.Inputs),
            patches = WeightLayers(context.Network).Sum(layer => (long)layer.Inputs * layer.Places);
        return new MemoryEstimate(
            ("Kronecker factors", 6 * WeightLayers(context.Network).Sum(layer => (long)layer.Inputs * layer.Inputs) * sizeof(double)
            + squares * sizeof(double)),
            ("patches", Math.Max(wave, Chunk) * patches * sizeof(float)),
            ("rotated gradients", MemoryEstimate.Vectors(context.Network, 4L * wave)),
            ("passes", MemoryEstimate.Pass(context.Network, Math.Max(wave, Chunk), 1)));
    }

    /// <summary>Computes the factors.</summary>
    /// <param name="context">The request.</param>
    /// <param name="samples">The training samples to use, in order.</param>
    /// <param name="labels">[N]: the labels drawn for them; other samples' labels are not used.</param>
    /// <param name="wave">The number of samples whose gradients are computed together.</param>
    public static KroneckerFactors Compute(MethodContext context, int[] samples, int[] labels, int wave)
    {
        var factors = new KroneckerFactors(context.Network);
        int classes = context.Network.Classes;
        using var drawn = SampleSource.Create(context.Device, new LabelVectorRows(labels, classes), new ImageShape(classes, 1, 1));
        foreach (Block block in WeightLayers(context.Network))
            factors._blocks.Add(block);
        factors.FindBases(context, samples, drawn);
        factors.FindEigenvalues(context, samples, drawn, Math.Min(wave, samples.Length));
        return factors;
    }

    /// <summary>(F + λI)⁻¹v for each of the vectors [O, P], in place.</summary>
    public void SolveAll(float[] vectors, double damping)
    {
        int length = _network.ParameterCount;
        Parallel.For(0, vectors.Length / length, o => Solve(vectors.AsSpan(o * length, length), damping));
    }

    private void Solve(Span<float> v, double damping)
    {
        double[] values = [.. v.ToArray().Select(value => (double)value)];
        foreach (Block block in _blocks)
            block.Rotate(values);
        for (int p = 0; p < values.Length; p++)
            values[p] /= Eigenvalues[p] + damping;
        foreach (Block block in _blocks)
            block.RotateBack(values);
        for (int p = 0; p < values.Length; p++)
            v[p] = (float)values[p];
    }

    private static IEnumerable<Block> WeightLayers(Network network)
        => Enumerable.Range(0, network.Layers.Count).Where(i => network.Layers[i] is ConvolutionLayer or LinearLayer)
            .Select(i => new Block(network.Layers[i], i, network.LayerOffset(i)));

    /// <summary>Computes A and S of every layer, and their eigenvectors.</summary>
    private void FindBases(MethodContext context, int[] samples, SampleSource labels)
    {
        foreach (Block block in _blocks)
            block.Clear();
        int whole = samples.Length / Chunk * Chunk;
        AddChunks(context, labels, samples[..whole], Chunk);
        AddChunks(context, labels, samples[whole..], samples.Length - whole);
        Parallel.ForEach(_blocks, block => block.FindEigenvectors());
    }

    /// <summary>Patches have no weights that could exclude samples: chunks are complete, and the rest is a separate chunk.</summary>
    private void AddChunks(MethodContext context, SampleSource labels, int[] samples, int chunk)
    {
        if (samples.Length == 0)
            return;
        using var run = new RotatedPass(context, _network, _blocks, labels, 1, chunk, isRotated: false);
        for (int first = 0; first < samples.Length; first += chunk)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            run.Run(samples.AsSpan(first, chunk));
            for (int b = 0; b < _blocks.Count; b++)
                _blocks[b].Add(run.InputProducts(b), run.OutputProducts(b));
        }
    }

    /// <summary>Computes Λ of every parameter.</summary>
    private void FindEigenvalues(MethodContext context, int[] samples, SampleSource labels, int wave)
    {
        using var run = new RotatedPass(context, _network, _blocks, labels, wave, 1, isRotated: true);
        int count = samples.Length, length = _network.ParameterCount;
        for (int first = 0; first < count; first += wave)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            int here = Math.Min(wave, count - first);
            run.Run(samples.AsSpan(first, here));
            float[] gradients = run.Gradients();
            for (int b = 0; b < _blocks.Count; b++)
            {
                // The rotated gradient replaces the weight's in the vector.
                float[] rotated = run.RotatedGradients(b);
                int weights = _blocks[b].WeightCount, stride = rotated.Length / wave;
                for (int n = 0; n < here; n++)
                    rotated.AsSpan(n * stride, weights).CopyTo(gradients.AsSpan(n * length + _blocks[b].Offset));
            }

            AddSquares(gradients, here, count);
            context.OnProgress?.Invoke(first + here, count, "samples");
        }
    }

    /// <summary>
    /// Adds g²/N of these gradients to Λ, in their order: the parameters are divided among threads, so that the number of threads changes
    /// no sum.
    /// </summary>
    private void AddSquares(float[] gradients, int members, int count)
    {
        double[] sums = Eigenvalues;
        Parallel.ForEach(Partitioner.Create(0, sums.Length, Math.Min(sums.Length, ParametersOfThread)), range =>
        {
            (int first, int end) = range;
            for (int n = 0; n < members; n++)
            {
                ReadOnlySpan<float> gradient = gradients.AsSpan(n * sums.Length, sums.Length);
                for (int p = first; p < end; p++)
                    sums[p] += (double)gradient[p] * gradient[p] / count;
            }
        });
    }

    /// <summary>One weight layer: inputs I (the values of a patch), outputs O, and the eigenvectors of both sides.</summary>
    internal sealed class Block(Layer layer, int index, int offset)
    {
        private double[][] _a = [], _s = [], _inputColumns = [];

        public Layer Layer => layer;

        public int Index => index;

        /// <summary>The position of the weight in the parameter vector.</summary>
        public int Offset => offset;

        public int KernelSize => layer is ConvolutionLayer convolution ? convolution.KernelSize : 1;

        public int Inputs => layer.Input.Channels * KernelSize * KernelSize;

        public int Outputs => layer.Output.Channels;

        public int WeightCount => Inputs * Outputs;

        /// <summary>The number of output positions that share the weight.</summary>
        public int Places => layer.Output.Height * layer.Output.Width;

        /// <summary>U_A [I][I] by rows.</summary>
        public double[][] InputVectors { get; private set; } = [];

        /// <summary>U_S [O][O] by rows.</summary>
        public double[][] OutputVectors { get; private set; } = [];

        public void Clear()
        {
            _a = Square(Inputs);
            _s = Square(Outputs);
        }

        public void Add(float[] inputProducts, float[] outputProducts)
        {
            AddTo(_a, inputProducts);
            AddTo(_s, outputProducts);
        }

        public void FindEigenvectors()
        {
            InputVectors = SymmetricEigen.Vectors(_a);
            _inputColumns = Transposed(InputVectors);
            OutputVectors = SymmetricEigen.Vectors(_s);
        }

        /// <summary>V ← U_S V U_Aᵀ.</summary>
        public void Rotate(double[] vector) => Transform(vector, OutputVectors, _inputColumns, isBack: false);

        /// <summary>V ← U_Sᵀ V U_A.</summary>
        public void RotateBack(double[] vector) => Transform(vector, OutputVectors, InputVectors, isBack: true);

        /// <summary>Processes complete rows, with each sum in the order of k, so that the vector width changes no bit.</summary>
        private void Transform(double[] vector, double[][] left, double[][] right, bool isBack)
        {
            Span<double> weight = vector.AsSpan(offset, WeightCount);
            var half = new double[WeightCount];
            for (int o = 0; o < Outputs; o++)
            {
                for (int k = 0; k < Inputs; k++)
                    AddScaled(right[k], weight[o * Inputs + k], half.AsSpan(o * Inputs, Inputs));
            }

            weight.Clear();
            for (int o = 0; o < Outputs; o++)
            {
                for (int k = 0; k < Outputs; k++)
                    AddScaled(half.AsSpan(k * Inputs, Inputs), isBack ? left[k][o] : left[o][k], weight.Slice(o * Inputs, Inputs));
            }
        }

        private static void AddScaled(ReadOnlySpan<double> row, double factor, Span<double> sum)
            => System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(row, factor, sum, sum);

        private static double[][] Transposed(double[][] rows)
            => [.. Enumerable.Range(0, rows.Length).Select(i => Array.ConvertAll(rows, row => row[i]))];

        private static double[][] Square(int n) => [.. Enumerable.Range(0, n).Select(_ => new double[n])];

        private static void AddTo(double[][] sum, float[] products)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                // Exactly symmetric, whatever the kernel's rounding.
                for (int j = 0; j < sum.Length; j++)
                    sum[i][j] += ((double)products[i * sum.Length + j] + products[j * sum.Length + i]) / 2;
            }
        }
    }
}
