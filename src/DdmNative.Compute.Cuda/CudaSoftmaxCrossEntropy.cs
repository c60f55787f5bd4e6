using System.Numerics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/SoftmaxCrossEntropy.cu: as many lanes of a warp per sample as there are classes, 32 at most.</summary>
internal sealed class CudaSoftmaxCrossEntropy(CudaDevice device) : SoftmaxCrossEntropy
{
    private const int Threads = 256;
    private const int Warp = 32;

    // As in the kernels: a lane's classes in registers.
    private const int Some = 4;

    protected override void ProbabilitiesCore(Tensor logits, Tensor probabilities)
        => Launch("probabilities", probabilities.Shape, new KernelArguments().Operand(logits).Result(probabilities));

    protected override void LossCore(Tensor logits, Tensor labels, Tensor loss)
        => Launch("loss", logits.Shape.WithMembers(loss.Shape.Members), new KernelArguments().Operand(logits).Operand(labels).Result(loss));

    protected override void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
        => Launch("backward", cotangent.Shape, new KernelArguments().Operand(logits).Operand(labels).Operand(weights).Result(cotangent));

    protected override void BackwardTangentCore(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor cotangentTangent)
        => Launch("backward_tangent", cotangentTangent.Shape,
            new KernelArguments().Operand(logits).Operand(logitsTangent).Operand(labels).Operand(weights).Result(cotangentTangent));

    protected override void LabelCotangentCore(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent)
        => Launch("label_cotangent", labelCotangent.Shape, new KernelArguments().Operand(logits).Operand(logitsTangent).Operand(weights).Result(labelCotangent));

    private void Launch(string operation, TensorShape logits, KernelArguments arguments)
    {
        int classes = logits.Channels;
        int group = Math.Min(Warp, (int)BitOperations.RoundUpToPowerOf2((uint)classes));
        int samplesOfBlock = Threads / group;
        int blocks = (logits.Samples + samplesOfBlock - 1) / samplesOfBlock;
        string kept = classes <= Warp ? "few" : classes <= Some * Warp ? "some" : "many";
        arguments.Int(logits.Samples).Int(classes).Int(group).Int(blocks);
        device.Launch(new($"softmax_cross_entropy_{operation}_{kept}", new Dim3(checked(logits.Members * blocks)), new Dim3(Threads)), arguments);
    }
}
