using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Softmax and cross-entropy sample by sample, in float64 between a float32 read and a float32 write: K is small, and the loss of a
/// confident model is a difference of nearly equal numbers.
/// </summary>
internal sealed class CpuSoftmaxCrossEntropy(CpuDevice device) : SoftmaxCrossEntropy
{
    protected override void ProbabilitiesCore(Tensor logits, Tensor probabilities)
        => device.Submit(new ProbabilitiesCall(logits, probabilities));

    protected override void LossCore(Tensor logits, Tensor labels, Tensor loss) => device.Submit(new LossCall(logits, labels, loss));

    protected override void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
        => device.Submit(new BackwardCall(logits, labels, weights, cotangent));

    protected override void BackwardTangentCore(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor cotangentTangent)
        => device.Submit(new BackwardTangentCall(logits, logitsTangent, labels, weights, cotangentTangent));

    protected override void LabelCotangentCore(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent)
        => device.Submit(new LabelCotangentCall(logits, logitsTangent, weights, labelCotangent));

    /// <summary>The part that the five calls share: the loop over samples with the softmax of each.</summary>
    internal abstract unsafe class SampleCall : CpuCall
    {
        internal readonly CpuOperand logits;

        protected SampleCall(string name, Tensor logits, Tensor result)
            : base(name, result.Shape.Members, result.Shape.Samples)
        {
            this.logits = Read(logits);
            Classes = logits.Shape.Channels;
        }

        protected int Classes { get; }

        public override long TemporaryFloats(int samples) => (long)Classes * sizeof(double) / sizeof(float);

        public override void Execute(in Tile tile)
        {
            var probabilities = new Span<double>(tile.Workspace.Temporary, Classes);
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* z = logits.At(tile, sample);
                double maximum = z[0];
                for (int k = 1; k < Classes; k++)
                    maximum = Math.Max(maximum, z[k]);
                double sum = 0;
                for (int k = 0; k < Classes; k++)
                    sum += probabilities[k] = Exponential.Compute(z[k] - maximum);
                for (int k = 0; k < Classes; k++)
                    probabilities[k] /= sum;
                Compute(tile, sample, z, probabilities, maximum + Math.Log(sum));
            }
        }

        protected abstract void Compute(in Tile tile, int sample, float* z, ReadOnlySpan<double> probabilities, double logSumExp);

        /// <summary>⟨p, ż⟩.</summary>
        protected static double Expectation(ReadOnlySpan<double> probabilities, float* tangent)
        {
            double sum = 0;
            for (int k = 0; k < probabilities.Length; k++)
                sum += probabilities[k] * tangent[k];
            return sum;
        }

        /// <summary>σ = Σq.</summary>
        protected static double Mass(float* labels, int classes)
        {
            double sum = 0;
            for (int k = 0; k < classes; k++)
                sum += labels[k];
            return sum;
        }
    }

    private sealed unsafe class ProbabilitiesCall : SampleCall
    {
        private readonly CpuOperand _result;

        public ProbabilitiesCall(Tensor logits, Tensor result)
            : base("softmax.probabilities", logits, result) => _result = Write(result);

        protected override void Compute(in Tile tile, int sample, float* z, ReadOnlySpan<double> probabilities, double logSumExp)
        {
            float* target = _result.At(tile, sample);
            for (int k = 0; k < Classes; k++)
                target[k] = (float)probabilities[k];
        }
    }

    private sealed unsafe class LossCall : SampleCall
    {
        private readonly CpuOperand _labels;
        private readonly CpuOperand _loss;

        public LossCall(Tensor logits, Tensor labels, Tensor loss)
            : base("cross-entropy.loss", logits, loss) => (_labels, _loss) = (Read(labels), Write(loss));

        protected override void Compute(in Tile tile, int sample, float* z, ReadOnlySpan<double> probabilities, double logSumExp)
        {
            float* q = _labels.At(tile, sample);
            double sum = 0;
            for (int k = 0; k < Classes; k++)
                sum += q[k] * (logSumExp - z[k]);
            *_loss.At(tile, sample) = (float)sum;
        }
    }

    internal sealed unsafe class BackwardCall : SampleCall
    {
        internal readonly CpuOperand labels;
        internal readonly CpuOperand weights;
        internal readonly CpuOperand cotangent;

        public BackwardCall(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
            : base("cross-entropy.backward", logits, cotangent)
            => (this.labels, this.weights, this.cotangent) = (Read(labels), Read(weights), Write(cotangent));

        protected override void Compute(in Tile tile, int sample, float* z, ReadOnlySpan<double> probabilities, double logSumExp)
        {
            float* q = labels.At(tile, sample);
            float* delta = cotangent.At(tile, sample);
            double mass = Mass(q, Classes), weight = *weights.At(tile, sample);
            for (int k = 0; k < Classes; k++)
                delta[k] = (float)(weight * (mass * probabilities[k] - q[k]));
        }
    }

    private sealed unsafe class BackwardTangentCall : SampleCall
    {
        private readonly CpuOperand _logitsTangent;
        private readonly CpuOperand _labels;
        private readonly CpuOperand _weights;
        private readonly CpuOperand _result;

        public BackwardTangentCall(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor result)
            : base("cross-entropy.backward-tangent", logits, result)
            => (_logitsTangent, _labels, _weights, _result) = (Read(logitsTangent), Read(labels), Read(weights), Write(result));

        protected override void Compute(in Tile tile, int sample, float* z, ReadOnlySpan<double> probabilities, double logSumExp)
        {
            float* tangent = _logitsTangent.At(tile, sample);
            float* target = _result.At(tile, sample);
            double factor = *_weights.At(tile, sample) * Mass(_labels.At(tile, sample), Classes);
            double expectation = Expectation(probabilities, tangent);
            for (int k = 0; k < Classes; k++)
                target[k] = (float)(factor * probabilities[k] * (tangent[k] - expectation));
        }
    }

    private sealed unsafe class LabelCotangentCall : SampleCall
    {
        private readonly CpuOperand _logitsTangent;
        private readonly CpuOperand _weights;
        private readonly CpuOperand _result;

        public LabelCotangentCall(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor result)
            : base("cross-entropy.label-cotangent", logits, result)
            => (_logitsTangent, _weights, _result) = (Read(logitsTangent), Read(weights), Write(result));

        protected override void Compute(in Tile tile, int sample, float* z, ReadOnlySpan<double> probabilities, double logSumExp)
        {
            float* tangent = _logitsTangent.At(tile, sample);
            float* target = _result.At(tile, sample);
            double weight = *_weights.At(tile, sample), expectation = Expectation(probabilities, tangent);
            for (int k = 0; k < Classes; k++)
                target[k] = (float)(weight * (expectation - tangent[k]));
        }
    }
}
