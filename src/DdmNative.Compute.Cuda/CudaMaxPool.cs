using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Launches kernels/MaxPool.cu: a thread for four channels of a window, of a cell backward, and of a pixel backward if windows overlap.
/// </summary>
internal sealed class CudaMaxPool(CudaDevice device) : MaxPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y)
        => Launch("forward", shape, x.Shape, y.Shape, y.Shape, new KernelArguments().Operand(x).Result(y));

    protected override void ForwardTangentCore(PoolingShape shape, Tensor x, Tensor xTangent, Tensor yTangent)
        => Launch("forward_tangent", shape, x.Shape, yTangent.Shape, yTangent.Shape,
            new KernelArguments().Operand(x).Operand(xTangent).Result(yTangent));

    protected override void BackwardCore(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
    {
        (TensorShape image, TensorShape pooled) = (xCotangent.Shape, cotangent.Shape);
        (int rows, int columns) = FindSteps(shape, image, pooled);
        bool isOverlapping = (pooled.Height > 1 && shape.WindowHeight > rows) || (pooled.Width > 1 && shape.WindowWidth > columns);
        var cells = new TensorShape(image.Members, image.Samples, image.Channels, (image.Height + shape.Padding + rows - 1) / rows,
            (image.Width + shape.Padding + columns - 1) / columns);
        Launch(isOverlapping ? "backward_overlapping" : "backward", shape, image, pooled, isOverlapping ? image : cells,
            new KernelArguments().Operand(x).Operand(cotangent).Result(xCotangent));
    }

    /// <summary>
    /// Rows and columns from one window to the next. A single window that is larger than the stride, as in a global pool, overlaps no
    /// other; its step is the whole image, so that its cell covers it.
    /// </summary>
    private static (int Rows, int Columns) FindSteps(PoolingShape shape, TensorShape image, TensorShape pooled)
    {
        return (Find(shape.WindowHeight, image.Height, pooled.Height), Find(shape.WindowWidth, image.Width, pooled.Width));

        int Find(int window, int extent, int count) => count == 1 && window > shape.Stride ? extent + shape.Padding : shape.Stride;
    }

    private void Launch(
        string operation, PoolingShape shape, TensorShape image, TensorShape pooled, TensorShape items, KernelArguments arguments)
    {
        var grid = PoolGrid.Create($"max pool, {operation.Replace('_', ' ')}", items);
        (int rows, int columns) = FindSteps(shape, image, pooled);
        arguments.Int(image.Samples).Int(image.Height).Int(image.Width).Int(image.Channels).Int(shape.WindowHeight).Int(shape.WindowWidth)
            .Int(rows).Int(columns).Int(shape.Padding).Int(pooled.Height).Int(pooled.Width).Int(grid.BlocksPerMember);
        string windows = shape == new PoolingShape(2, 2) ? "window2" : "any";
        device.Launch(grid.Launch($"max_pool_{operation}_{windows}"), arguments);
    }
}
