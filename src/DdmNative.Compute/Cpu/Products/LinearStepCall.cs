using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// One member's training step of a linear layer under softmax and cross-entropy, on a batch that all members share (<see
/// cref="LinearInputCall"/>): Y = W X + b with the samples side by side, so that the weights are read in their own order; the softmax eight
/// samples at a time; and the gradient tile by tile, each tile going into the velocity and the parameters as soon as it is summed. No other
/// array of the parameters' length is written.
/// </summary>
/// <remarks>
/// Every number is computed by the same operations in the same order as in the separate calls, including the slots of samples
/// (<see cref="GradientSum"/>): the bits are the same.
/// </remarks>
internal sealed unsafe class LinearStepCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>Samples whose softmax is computed together: a vector of float64.</summary>
    private const int Together = 8;

    /// <summary>Largest difference of two logits of a sample up to which exp needs no special cases.</summary>
    private const float SafeRange = 500;

    private const int Lanes = LanePart.Lanes;

    /// <summary>Inputs that are contracted before the next rows: with 32 samples they fill half of a first-level cache.</summary>
    private const int InputsTogether = 128;

    private readonly CpuOperand _inputsAcross, _inputPanels, _labelsAcross, _weights, _parameters, _velocity, _learningRate;
    private readonly CpuOperand? _decay;
    private readonly float _momentum;
    private readonly bool _nesterov;
    private readonly int _inputs, _classes, _batch, _stride, _slots;

    public LinearStepCall(LinearInputCall prepared, MatrixForwardCall product, CpuSoftmaxCrossEntropy.BackwardCall softmax,
        CpuSgd.StepCall step)
        : base("linear-step", product.Members, samples: 1)
    {
        (_inputsAcross, _inputPanels, _labelsAcross) =
            (ReadWhole(prepared.Across), ReadWhole(prepared.Panels), ReadWhole(prepared.LabelsAcross));
        (_weights, _learningRate) = (ReadWhole(softmax.weights.Tensor), ReadWhole(step.learningRate.Tensor));
        (_parameters, _velocity, _momentum) = (Write(step.parameters.Tensor), Write(step.velocity.Tensor), step.momentum);
        (_decay, _nesterov) = (ReadOptional(step.decay?.Tensor), step.nesterov);
        (_inputs, _classes, _batch, _stride) = (prepared.Inputs, product.output.Tensor.Shape.Channels, prepared.Samples, prepared.Stride);
        _slots = CpuPhase.SlotsOf(_batch);
    }

    /// <summary>Whether this processor has the vectors that the softmax needs: multiply–adds and gathers of float64.</summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public override double FlopsPerSample => 4.0 * _batch * _inputs * _classes;

    public override double BytesPerSample => 4.0 * sizeof(float) * _parameters.Tensor.Shape.SampleLength;

    private int ExponentialFloats => _classes * Together * (sizeof(double) / sizeof(float));

    public override long TemporaryFloats(int samples)
        => ExponentialFloats + (long)_classes * _stride + SlotMicroKernel.TallestTile * Columns;

    public override void Execute(in Tile tile)
    {
        float* logits = tile.Workspace.Temporary + ExponentialFloats;
        Multiply(tile, logits);
        for (int sample = 0; sample < _batch; sample += Together)
            Differentiate(tile, sample, logits + sample, (double*)tile.Workspace.Temporary);
        Step(tile, logits, logits + (nint)_classes * _stride);
    }

    /// <summary>Logits [K, N].</summary>
    private void Multiply(in Tile tile, float* logits)
    {
        float* matrix = _parameters.At(tile, 0), bias = matrix + (nint)_classes * _inputs, across = _inputsAcross.At(tile, 0);
        for (int k = 0; k < _classes; k++)
            new Span<float>(logits + (nint)k * _stride, _stride).Fill(bias[k]);
        for (int first = 0; first < _inputs; first += InputsTogether)
        {
            for (int column = 0; column < _stride; column += Columns)
            {
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = matrix + first,
                        RowStrideA = _inputs,
                        StepA = 1,
                        B = across + (nint)column * _inputs + (nint)first * Columns,
                        StepB = Columns,
                        Steps = Math.Min(InputsTogether, _inputs - first),
                        Segments = 1,
                        C = logits + column,
                        RowStrideC = _stride,
                        Columns = Columns,
                        Accumulate = true,
                    },
                    _classes);
            }
        }
    }

    /// <summary>Replaces eight samples' logits by their cotangents, w(σp − q).</summary>
    private void Differentiate(in Tile tile, int sample, float* logits, double* exponentials)
    {
        Vector256<float> most = Vector256.Load(logits), least = most;
        for (int k = 1; k < _classes; k++)
        {
            Vector256<float> value = Vector256.Load(logits + (nint)k * _stride);
            (most, least) = (Vector256.Max(most, value), Vector256.Min(least, value));
        }
        Vector512<double> maximum = Widen(most), sum = default, mass = default;
        float* labels = _labelsAcross.At(tile, 0) + sample;
        if (Vector256.LessThanAll(most - least, Vector256.Create(SafeRange)))
        {
            for (int k = 0; k < _classes; k++)
            {
                Vector512<double> e = Exponential.Compute(Load(logits + (nint)k * _stride) - maximum);
                e.Store(exponentials + (nint)k * Together);
                sum += e;
            }
        }
        else
        {
            for (int k = 0; k < _classes; k++)
            {
                Vector512<double> difference = Load(logits + (nint)k * _stride) - maximum;
                for (int i = 0; i < Together; i++)
                    exponentials[(nint)k * Together + i] = Exponential.Compute(difference[i]);
                sum += Vector512.Load(exponentials + (nint)k * Together);
            }
        }
        for (int k = 0; k < _classes; k++)
            mass += Load(labels + (nint)k * _stride);
        Vector512<double> weight = Weights(_weights.At(tile, sample), _batch - sample);
        for (int k = 0; k < _classes; k++)
        {
            Vector512<double> probability = Vector512.Load(exponentials + (nint)k * Together) / sum;
            Narrow(weight * (mass * probability - Load(labels + (nint)k * _stride))).Store(logits + (nint)k * _stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load(float* values) => Widen(Vector256.Load(values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(Vector256<float> values)
        => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Double(values) : Vector512.Create(Vector256.WidenLower(values), Vector256.WidenUpper(values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Narrow(Vector512<double> values)
        => Avx512F.IsSupported ? Avx512F.ConvertToVector256Single(values) : Vector256.Narrow(values.GetLower(), values.GetUpper());

    private static Vector512<double> Weights(float* weights, int count)
    {
        double* values = stackalloc double[Together];
        for (int i = 0; i < Together; i++)
            values[i] = i < count ? weights[i] : 0;
        return Vector512.Load(values);
    }

    /// <summary>Gradients from cotangents [K, N], and the step along them.</summary>
    private void Step(in Tile tile, float* cotangents, float* sums)
    {
        float* theta = _parameters.At(tile, 0), u = _velocity.At(tile, 0), panels = _inputPanels.At(tile, 0);
        float* decay = _decay is null ? null : _decay.At(tile, 0);
        var step = new MomentumStep(*_learningRate.At(tile, 0), _momentum, _nesterov);
        for (int column = 0; column < _inputs; column += Columns, panels += (nint)_batch * Columns)
        {
            for (int row = 0, height; row < _classes; row += height)
            {
                height = SlotMicroKernel.TileHeight(_classes - row);
                float* first = theta + (nint)row * _inputs + column, firstVelocity = u + (nint)row * _inputs + column;
                for (int i = 0; i < height; i++)
                {
                    // Two cache lines of each row, which would otherwise not be prefetched.
                    Sse.Prefetch0(first + (nint)i * _inputs);
                    Sse.Prefetch0(first + (nint)i * _inputs + Lanes);
                    Sse.Prefetch0(firstVelocity + (nint)i * _inputs);
                    Sse.Prefetch0(firstVelocity + (nint)i * _inputs + Lanes);
                }
                SlotMicroKernel.Sum(cotangents + (nint)row * _stride, _stride, panels, _batch, _slots, sums, height);
                for (int i = 0; i < height; i++)
                {
                    float* ownDecay = decay is null ? null : decay + (nint)(row + i) * _inputs + column;
                    step.Apply<WholeLanes<Vector16>>(Vector16.Load(sums + i * Columns), first + (nint)i * _inputs,
                        firstVelocity + (nint)i * _inputs, ownDecay, Lanes);
                    step.Apply<WholeLanes<Vector16>>(Vector16.Load(sums + i * Columns + Lanes), first + (nint)i * _inputs + Lanes,
                        firstVelocity + (nint)i * _inputs + Lanes, decay is null ? null : ownDecay + Lanes, Lanes);
                }
            }
        }
        nint biases = (nint)_classes * _inputs;
        for (int k = 0; k < _classes; k += Lanes)
        {
            int count = Math.Min(Lanes, _classes - k);
            for (int i = 0; i < count; i++)
                sums[i] = SumOf(cotangents + (nint)(k + i) * _stride);
            step.Apply<PartLanes<Vector16>>(PartLanes<Vector16>.Load(sums, count), theta + biases + k, u + biases + k,
                decay is null ? null : decay + biases + k, count);
        }
    }

    /// <summary>A row's sum, slot by slot.</summary>
    private float SumOf(float* row)
    {
        float total = 0;
        for (int slot = 0, sample = 0; slot < _slots; slot++)
        {
            float sum = 0;
            for (int end = (int)((long)_batch * (slot + 1) / _slots); sample < end; sample++)
                sum += row[sample];
            total = slot == 0 ? sum : total + sum;
        }
        return total;
    }
}
