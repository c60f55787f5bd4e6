using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/AvgPool.cu: a thread for four channels of a window forward, of a pixel backward.</summary>
internal sealed class CudaAvgPool(CudaDevice device) : AvgPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y)
        => Launch("forward", shape, x.Shape, y.Shape, y.Shape, new KernelArguments().Operand(x).Result(y));

    protected override void BackwardCore(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
        => Launch("backward", shape, xCotangent.Shape, cotangent.Shape, xCotangent.Shape,
            new KernelArguments().Operand(cotangent).Result(xCotangent));

    private void Launch(
        string operation, PoolingShape shape, TensorShape image, TensorShape pooled, TensorShape items, KernelArguments arguments)
    {
        var grid = PoolGrid.Create($"average pool, {operation}", items);
        arguments.Int(image.Samples).Int(image.Height).Int(image.Width).Int(image.Channels).Int(shape.WindowHeight).Int(shape.WindowWidth)
            .Int(shape.Stride).Int(pooled.Height).Int(pooled.Width).Int(grid.BlocksPerMember);
        device.Launch(grid.Launch($"avg_pool_{operation}"), arguments);
    }
}
