using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// The maximum of each window, y = x[m]; its tangent, ẏ = ẋ[m]; its transpose, δx[p] = the sum of δ over the windows with m = p. Assigned
/// (=). A thread computes one window forward and one pixel backward, for which it searches all windows that hold the pixel; adjacent
/// threads have adjacent columns of one image. Bound: memory, a pixel read once for each window that is searched.
/// </summary>
internal sealed class IlgpuMaxPool(IlgpuDevice device) : MaxPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y) => Launch(Forward, shape, x, x, y, x.Shape, y.Shape);

    protected override void ForwardTangentCore(PoolingShape shape, Tensor x, Tensor xTangent, Tensor yTangent)
        => Launch(Forward, shape, x, xTangent, yTangent, x.Shape, yTangent.Shape);

    protected override void BackwardCore(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
        => Launch(Backward, shape, x, cotangent, xCotangent, xCotangent.Shape, cotangent.Shape);

    private void Launch(Action<PoolArguments> kernel, PoolingShape shape, Tensor x, Tensor values, Tensor result, TensorShape image,
        TensorShape pooled)
    {
        int length = (int)result.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, result.Shape.Members, length);
        device.Launch(kernel, groups, device.Threads, memory => new PoolArguments
        {
            Grid = grid, Length = length, Pool = new PoolGeometry(shape, image, pooled), X = memory.Operand(x),
            Values = memory.Operand(values), Result = memory.Operand(result),
        });
    }

    /// <summary>The value at the position of each window's maximum: with x for the values, the maximum.</summary>
    internal static void Forward(PoolArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var values, var y) = (arguments.X.View(member), arguments.Values.View(member), arguments.Result.View(member));
        PoolGeometry pool = arguments.Pool;
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int row = i / pool.PooledWidth, column = i - row * pool.PooledWidth;
            int plane = row / pool.PooledHeight;
            y[i] = values[FindMaximum(x, pool, plane, row - plane * pool.PooledHeight, column)];
        }
    }

    internal static void Backward(PoolArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var cotangent, var result) = (arguments.X.View(member), arguments.Values.View(member), arguments.Result.View(member));
        PoolGeometry pool = arguments.Pool;
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int line = i / pool.Width;
            int plane = line / pool.Height;
            int down = line - plane * pool.Height + pool.Padding, right = i - line * pool.Width + pool.Padding;
            int endRow = pool.EndWindow(down, pool.PooledHeight), endColumn = pool.EndWindow(right, pool.PooledWidth);
            float sum = 0;
            for (int row = pool.FirstWindow(down, pool.WindowHeight); row < endRow; row++)
                for (int column = pool.FirstWindow(right, pool.WindowWidth); column < endColumn; column++)
                    if (FindMaximum(x, pool, plane, row, column) == i)
                        sum += cotangent[(plane * pool.PooledHeight + row) * pool.PooledWidth + column];
            result[i] = sum;
        }
    }

    /// <summary>The index of a window's maximum in x.</summary>
    private static int FindMaximum(ArrayView<float> x, PoolGeometry pool, int plane, int row, int column)
    {
        int top = row * pool.Stride - pool.Padding, left = column * pool.Stride - pool.Padding;
        int firstRow = top < 0 ? 0 : top, firstColumn = left < 0 ? 0 : left;
        int endRow = top + pool.WindowHeight, endColumn = left + pool.WindowWidth;
        endRow = endRow < pool.Height ? endRow : pool.Height;
        endColumn = endColumn < pool.Width ? endColumn : pool.Width;
        int found = (plane * pool.Height + firstRow) * pool.Width + firstColumn;
        float maximum = x[found];
        for (int i = firstRow; i < endRow; i++)
            for (int j = firstColumn; j < endColumn; j++)
            {
                int at = (plane * pool.Height + i) * pool.Width + j;
                float value = x[at];
                if (value > maximum | float.IsNaN(value))
                    (maximum, found) = (value, at);
            }
        return found;
    }

    internal struct PoolArguments
    {
        public MemberGrid Grid;
        public int Length;
        public PoolGeometry Pool;
        public Operand X;
        public Operand Values;
        public Operand Result;
    }
}
