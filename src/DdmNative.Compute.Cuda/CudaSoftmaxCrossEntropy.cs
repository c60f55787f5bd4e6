using System.Numerics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Launches kernels/SoftmaxCrossEntropy.cu: as many lanes of a warp per sample as there are classes, 32 at most, all members' samples one
/// after the other.
/// </summary>
internal sealed class CudaSoftmaxCrossEntropy(CudaDevice device) : SoftmaxCrossEntropy
{
    private const int Threads = 256;
    private const int Warp = 32;

    // As in the kernels: a lane's classes in registers.
    private const int Some = 4;

    protected override void ProbabilitiesCore(Tensor logits, Tensor probabilities)
        => Launch("probabilities", probabilities.Shape, probabilities, logits);

    protected override void LossCore(Tensor logits, Tensor labels, Tensor loss)
        => Launch("loss", logits.Shape.WithMembers(loss.Shape.Members), loss, logits, labels);

    protected override void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
        => Launch("backward", cotangent.Shape, cotangent, logits, labels, weights);

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
        string kept = classes <= Warp ? "few" : classes <= Some * Warp ? "some" : "many";
        var arguments = new KernelArguments();
        bool isShared = false;
        foreach (Tensor operand in operands)
        {
            bool has = operand.IsSharedBy(logits.Members);
            isShared |= has;
            arguments.Pointer(((CudaTensor)operand).Address).Int(has ? logits.Samples : 0);
        }

        Tiling tiling = Tiling.Choose(logits, isShared, Threads / group);
        arguments.Result(result).Int(samples).Int(tiling.Tile).Int(tiling.Length).Int(tiling.Tiles).Int(tiling.Rounds).Int(classes)
            .Int(group);
        device.Launch(new($"softmax_cross_entropy_{operation}_{kept}", new Dim3(tiling.Blocks), new Dim3(Threads)), arguments);
    }

    /// <summary>How blocks cover the samples of all members: <c>Tiling</c> of the kernels.</summary>
    /// <param name="Tile">Samples of a tile.</param>
    /// <param name="Length">Samples of a run.</param>
    /// <param name="Tiles">Tiles of a run.</param>
    /// <param name="Rounds">Runs of a block.</param>
    /// <param name="Blocks">Blocks.</param>
    private readonly record struct Tiling(int Tile, int Length, int Tiles, int Rounds, int Blocks)
    {
        // Reads of labels that members share then drop to an eighth; more rounds would leave multiprocessors without a block.
        private const int MostRounds = 8;

        public static Tiling Choose(TensorShape logits, bool isShared, int most)
        {
            (int period, int total) = (logits.Samples, logits.Members * logits.Samples);
            int length = !isShared ? most : period <= most ? most / period * period : period;
            int tile = Math.Min(length, most), tiles = CeilingOf(length, tile), runs = CeilingOf(total, length), rounds = isShared
                ? Math.Min(MostRounds, runs) : 1;
            return new Tiling(tile, length, tiles, rounds, tiles * CeilingOf(runs, rounds));
        }

        private static int CeilingOf(int count, int by) => (count + by - 1) / by;
    }
}
