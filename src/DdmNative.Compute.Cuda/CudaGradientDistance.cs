using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/GradientDistance.cu: two launches for all layers and members.</summary>
internal sealed class CudaGradientDistance(CudaDevice device) : GradientDistance
{
    private const int Threads = 256;
    private const int WarpsOfBlock = Threads / 32;
    private const int SumsOfPiece = 4;

    /// <summary>Parameters of a piece, at most.</summary>
    private const int LongestPiece = 2048;

    private readonly DistancePieceTables _tables = new(device, LongestPiece);

    protected override void EvaluateCore(
        GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
        Tensor gradientCotangent)
    {
        DistancePieces pieces = _tables.Get(kind, blocks, gradientCotangent.Shape.Channels);
        ulong table = ((CudaTensor)pieces.Tables).Address;
        TensorShape shape = gradientCotangent.Shape;
        bool isCosine = kind == GradientDistanceKind.RowCosine;
        string form = isCosine ? "cosine" : "relative";
        using Workspace partials = device.Workspace((long)SumsOfPiece * shape.Members * pieces.Count);

        int sumBlocks = Blocks(pieces.Count);
        device.Launch(Launch($"gradient_distance_sums_{form}", shape.Members, sumBlocks),
            new KernelArguments().Operand(gradient).Operand(target)
            .Pointer(table).Pointer(partials.Address).Int(pieces.Count).Int(sumBlocks));

        // One warp more for the distance itself.
        int cotangentBlocks = Blocks(pieces.Count + 1);
        KernelArguments arguments = new KernelArguments().Operand(gradient).Operand(target).Long(shape.MemberLength)
            .Pointer(table).Pointer(table + 3 * sizeof(int) * (ulong)pieces.Count).Pointer(partials.Address).Result(distance)
                .Result(gradientCotangent).Int(pieces.Count).Int(pieces.RunCount);
        if (!isCosine)
            arguments.Float(kind == GradientDistanceKind.RelativePerLayer ? (float)NegligibleShare : 0);
        device.Launch(Launch($"gradient_distance_cotangent_{form}", shape.Members, cotangentBlocks), arguments.Int(cotangentBlocks));
    }

    private static int Blocks(int warps) => (warps + WarpsOfBlock - 1) / WarpsOfBlock;

    private static KernelLaunch Launch(string kernel, int members, int blocks)
        => new(kernel, new Dim3(checked(members * blocks)), new Dim3(Threads));
}
