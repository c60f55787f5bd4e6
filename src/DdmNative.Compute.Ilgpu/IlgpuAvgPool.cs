using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// The mean of each window, y = pool(x), and its transpose, δx = poolᵀ(δ). Assigned (=). A thread computes one window forward and one pixel
/// backward, in row-major order of pixels and of windows; adjacent threads have adjacent columns of one image. Bound: memory.
/// </summary>
internal sealed class IlgpuAvgPool(IlgpuDevice device) : AvgPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y) => Launch(Forward, shape, x, y, x.Shape, y.Shape);

    protected override void BackwardCore(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
        => Launch(Backward, shape, cotangent, xCotangent, xCotangent.Shape, cotangent.Shape);

    private void Launch(Action<PoolArguments> kernel, PoolingShape shape, Tensor source, Tensor result, TensorShape image,
        TensorShape pooled)
    {
        int length = (int)result.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, result.Shape.Members, length);
        device.Launch(kernel, groups, device.Threads, memory => new PoolArguments
        {
            Grid = grid, Length = length, Pool = new PoolGeometry(shape, image, pooled), Share = shape.Share,
            Source = memory.Operand(source), Result = memory.Operand(result),
        });
    }

    internal static void Forward(PoolArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var y) = (arguments.Source.View(member), arguments.Result.View(member));
        PoolGeometry pool = arguments.Pool;
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int row = i / pool.PooledWidth, column = i - row * pool.PooledWidth;
            int plane = row / pool.PooledHeight;
            int corner = (plane * pool.Height + (row - plane * pool.PooledHeight) * pool.Stride) * pool.Width + column * pool.Stride;
            float sum = 0;
            for (int down = 0; down < pool.WindowHeight; down++)
                for (int right = 0; right < pool.WindowWidth; right++)
                    sum += x[corner + down * pool.Width + right];
            y[i] = arguments.Share * sum;
        }
    }

    internal static void Backward(PoolArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var cotangent, var result) = (arguments.Source.View(member), arguments.Result.View(member));
        PoolGeometry pool = arguments.Pool;
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int line = i / pool.Width;
            int plane = line / pool.Height;
            int down = line - plane * pool.Height, right = i - line * pool.Width;
            int endRow = pool.EndWindow(down, pool.PooledHeight), endColumn = pool.EndWindow(right, pool.PooledWidth);
            float sum = 0;
            for (int row = pool.FirstWindow(down, pool.WindowHeight); row < endRow; row++)
                for (int column = pool.FirstWindow(right, pool.WindowWidth); column < endColumn; column++)
                    sum += cotangent[(plane * pool.PooledHeight + row) * pool.PooledWidth + column];
            result[i] = arguments.Share * sum;
        }
    }

    internal struct PoolArguments
    {
        public MemberGrid Grid;
        public int Length;
        public PoolGeometry Pool;
        public float Share;
        public Operand Source;
        public Operand Result;
    }
}
