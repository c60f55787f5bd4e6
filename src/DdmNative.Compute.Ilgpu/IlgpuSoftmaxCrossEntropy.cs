using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// p = softmax z; loss = σ·logsumexp z − ⟨q, z⟩; δ = w(σp − q); δ̇ = wσ·p ⊙ (ż − ⟨p, ż⟩); δq = −w(ż − ⟨p, ż⟩). Assigned (=). A thread
/// computes one sample and goes over its classes three times, for the maximum, the sums and the results: ten classes are 40 bytes, which
/// stay in the first-level cache. Bound: latency; there is little of it.
/// </summary>
internal sealed class IlgpuSoftmaxCrossEntropy(IlgpuDevice device) : SoftmaxCrossEntropy
{
    protected override void ProbabilitiesCore(Tensor logits, Tensor probabilities)
        => Launch(Probabilities, logits, logits, logits, logits, probabilities);

    protected override void LossCore(Tensor logits, Tensor labels, Tensor loss) => Launch(Loss, logits, logits, labels, logits, loss);

    protected override void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
        => Launch(Backward, logits, logits, labels, weights, cotangent);

    protected override void BackwardTangentCore(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor cotangentTangent)
        => Launch(BackwardTangent, logits, logitsTangent, labels, weights, cotangentTangent);

    protected override void LabelCotangentCore(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent)
        => Launch(LabelCotangent, logits, logitsTangent, logits, weights, labelCotangent);

    /// <summary>For operands that an operation does not have, the logits are passed; they are not read.</summary>
    private void Launch(Action<SoftmaxArguments> kernel, Tensor logits, Tensor tangent, Tensor labels, Tensor weights, Tensor result)
    {
        (int samples, int classes) = (logits.Shape.Samples, logits.Shape.Channels);
        (MemberGrid grid, int groups) = MemberGrid.Create(device, result.Shape.Members, samples);
        device.Launch(kernel, groups, device.Threads, memory => new SoftmaxArguments
        {
            Grid = grid, Samples = samples, Classes = classes, Logits = memory.Operand(logits), Tangent = memory.Operand(tangent),
            Labels = memory.Operand(labels), Weights = memory.Operand(weights),
            Result = memory.Operand(result),
        });
    }

    internal static void Probabilities(SoftmaxArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var z, var result) = (arguments.Logits.View(member), arguments.Result.View(member));
        for (int n = arguments.Grid.First; n < arguments.Samples; n += arguments.Grid.Step)
        {
            (int first, int end) = (n * arguments.Classes, (n + 1) * arguments.Classes);
            int largest = Largest(z, first, end);
            float maximum = z[largest], partition = 1 + RestOfPartition(z, first, end, largest);
            for (int k = first; k < end; k++)
                result[k] = ElementaryFunctions.Exp(z[k] - maximum) / partition;
        }
    }

    /// <summary>σ·ln Σexp(z − max) − ⟨q, z − max⟩: both terms are small for a confident sample, and keep their digits.</summary>
    internal static void Loss(SoftmaxArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var z, var q, var result) = (arguments.Logits.View(member), arguments.Labels.View(member), arguments.Result.View(member));
        for (int n = arguments.Grid.First; n < arguments.Samples; n += arguments.Grid.Step)
        {
            (int first, int end) = (n * arguments.Classes, (n + 1) * arguments.Classes);
            int largest = Largest(z, first, end);
            float maximum = z[largest], mass = 0, below = 0;
            for (int k = first; k < end; k++)
            {
                mass += q[k];
                below += q[k] * (z[k] - maximum);
            }
            result[n] = mass * ElementaryFunctions.LogOnePlus(RestOfPartition(z, first, end, largest)) - below;
        }
    }

    internal static void Backward(SoftmaxArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var z, var q, var weights, var result) = (arguments.Logits.View(member), arguments.Labels.View(member),
            arguments.Weights.View(member), arguments.Result.View(member));
        for (int n = arguments.Grid.First; n < arguments.Samples; n += arguments.Grid.Step)
        {
            (int first, int end) = (n * arguments.Classes, (n + 1) * arguments.Classes);
            int largest = Largest(z, first, end);
            float maximum = z[largest], partition = 1 + RestOfPartition(z, first, end, largest), mass = Mass(q, first, end);
            for (int k = first; k < end; k++)
                result[k] = weights[n] * (mass * (ElementaryFunctions.Exp(z[k] - maximum) / partition) - q[k]);
        }
    }

    internal static void BackwardTangent(SoftmaxArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var z, var tangent, var q) = (arguments.Logits.View(member), arguments.Tangent.View(member), arguments.Labels.View(member));
        (var weights, var result) = (arguments.Weights.View(member), arguments.Result.View(member));
        for (int n = arguments.Grid.First; n < arguments.Samples; n += arguments.Grid.Step)
        {
            (int first, int end) = (n * arguments.Classes, (n + 1) * arguments.Classes);
            int largest = Largest(z, first, end);
            float maximum = z[largest], partition = 1 + RestOfPartition(z, first, end, largest);
            float expectation = Expectation(z, tangent, first, end, maximum, partition), factor = weights[n] * Mass(q, first, end);
            for (int k = first; k < end; k++)
                result[k] = factor * (ElementaryFunctions.Exp(z[k] - maximum) / partition) * (tangent[k] - expectation);
        }
    }

    internal static void LabelCotangent(SoftmaxArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var z, var tangent, var weights, var result) = (arguments.Logits.View(member), arguments.Tangent.View(member),
            arguments.Weights.View(member), arguments.Result.View(member));
        for (int n = arguments.Grid.First; n < arguments.Samples; n += arguments.Grid.Step)
        {
            (int first, int end) = (n * arguments.Classes, (n + 1) * arguments.Classes);
            int largest = Largest(z, first, end);
            float expectation = Expectation(z, tangent, first, end, z[largest], 1 + RestOfPartition(z, first, end, largest));
            for (int k = first; k < end; k++)
                result[k] = weights[n] * (expectation - tangent[k]);
        }
    }

    private static int Largest(ArrayView<float> z, int first, int end)
    {
        int largest = first;
        for (int k = first + 1; k < end; k++)
            largest = z[k] > z[largest] ? k : largest;
        return largest;
    }

    /// <summary>Σ exp(z − max) without the largest term, which is 1.</summary>
    private static float RestOfPartition(ArrayView<float> z, int first, int end, int largest)
    {
        float maximum = z[largest], sum = 0;
        for (int k = first; k < end; k++)
            sum += k == largest ? 0 : ElementaryFunctions.Exp(z[k] - maximum);
        return sum;
    }

    private static float Mass(ArrayView<float> q, int first, int end)
    {
        float mass = 0;
        for (int k = first; k < end; k++)
            mass += q[k];
        return mass;
    }

    /// <summary>⟨p, ż⟩.</summary>
    private static float Expectation(ArrayView<float> z, ArrayView<float> tangent, int first, int end, float maximum, float partition)
    {
        float sum = 0;
        for (int k = first; k < end; k++)
            sum += ElementaryFunctions.Exp(z[k] - maximum) * tangent[k];
        return sum / partition;
    }

    internal struct SoftmaxArguments
    {
        public MemberGrid Grid;
        public int Samples;
        public int Classes;
        public Operand Logits;
        public Operand Tangent;
        public Operand Labels;
        public Operand Weights;
        public Operand Result;
    }
}
