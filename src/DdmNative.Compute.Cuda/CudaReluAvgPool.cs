using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/ReluAvgPool.cu: a thread per window and four channels.</summary>
internal sealed class CudaReluAvgPool(CudaDevice device) : ReluAvgPool
{
    protected override void ForwardCore(int window, Tensor x, Tensor y)
        => Launch("forward", window, x.Shape, y.Shape, new KernelArguments().Operand(x).Result(y));

    protected override void ForwardTangentCore(int window, Tensor x, Tensor xTangent, Tensor yTangent)
        => Launch("forward_tangent", window, x.Shape, yTangent.Shape, new KernelArguments().Operand(x).Operand(xTangent).Result(yTangent));

    protected override void BackwardCore(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
    {
        TensorShape images = xCotangent.Shape;
        var windows = new TensorShape(images.Members, images.Samples, images.Channels, (images.Height + window - 1) / window,
            (images.Width + window - 1) / window);
        Launch("backward", window, images, windows, new KernelArguments().Operand(x).Operand(cotangent).Result(xCotangent));
    }

    /// <summary>A thread for four channels, or one, of each of the windows.</summary>
    private void Launch(string operation, int window, TensorShape images, TensorShape windows, KernelArguments arguments)
    {
        var grid = PoolGrid.Create($"ReLU and pool, {operation.Replace('_', ' ')}", windows);
        arguments.Int(images.Samples).Int(images.Height).Int(images.Width).Int(images.Channels).Int(window).Int(grid.BlocksPerMember);
        device.Launch(grid.Launch($"relu_avg_pool_{operation}_{(window == 2 ? "window2" : "any")}"), arguments);
    }
}
