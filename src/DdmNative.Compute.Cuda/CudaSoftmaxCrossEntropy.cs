using System.Numerics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/SoftmaxCrossEntropy.cu: as many lanes of a warp per sample as there are classes, 32 at most, all members' samples one after the other.</summary>
internal sealed class CudaSoftmaxCrossEntropy(CudaDevice device) : SoftmaxCrossEntropy
{
    private const int Threads = 256;
    private const int Warp = 32;

    // As in the kernels: a lane's classes in registers.
    private const int Some = 4;

    protected override void ProbabilitiesCore(Tensor logits, Tensor probabilities) => Launch("probabilities", probabilities.Shape, probabilities, logits);

    protected override void LossCore(Tensor logits, Tensor labels, Tensor loss) => Launch("loss", logits.Shape.WithMembers(loss.Shape.Members), loss, logits, labels);

    protected override void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent) => Launch("backward", cotangent.Shape, cotangent, logits, labels, weights);

    protected override void BackwardTangentCore(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor cotangentTangent)
        => Launch("backward_tangent", cotangentTangent.Shape, cotangentTangent, logits, logitsTangent, labels, weights);

    protected override void LabelCotangentCore(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent)
        => Launch("label_cotangent", labelCotangent.Shape, labelCotangent, logits, logitsTangent, weights);

    /// <param name="operation">The kernel's name between the family's and its form's.</param>
    /// <param name="logits">[E, N, K].</param>
    /// <param name="result">What is assigned.</param>
    /// <param name="operands">What is read, in the kernel's order.</param>
    private void Launch(string operation, TensorShape logits, Tensor result, params ReadOnlySpan<Tensor> operands)
    {
        (int samples, int classes) = (checked(logits.Members * logits.Samples), logits.Channels);
        int group = Math.Min(Warp, (int)BitOperations.RoundUpToPowerOf2((uint)classes));
        int samplesOfBlock = Threads / group;
        string kept = classes <= Warp ? "few" : classes <= Some * Warp ? "some" : "many";
        var arguments = new KernelArguments();
        foreach (Tensor operand in operands)
            arguments.Pointer(((CudaTensor)operand).Address).Int(operand.IsSharedBy(logits.Members) ? logits.Samples : 0);
        arguments.Result(result).Int(samples).Int(classes).Int(group);
        device.Launch(new($"softmax_cross_entropy_{operation}_{kept}", new Dim3((samples + samplesOfBlock - 1) / samplesOfBlock), new Dim3(Threads)), arguments);
    }
}
