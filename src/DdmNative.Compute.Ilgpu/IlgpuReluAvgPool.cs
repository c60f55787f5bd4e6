using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// ReLU and pool, y = pool(max(x, 0)); its tangent, ẏ = pool(1[x &gt; 0]·ẋ); its transpose, δx = 1[x &gt; 0]·poolᵀ(δ). Assigned (=). A
/// thread computes one window forward and one pixel backward; adjacent threads have adjacent columns of one image. Bound: memory, one float
/// read for each pixel and operand.
/// </summary>
internal sealed class IlgpuReluAvgPool(IlgpuDevice device) : ReluAvgPool
{
    protected override void ForwardCore(int window, Tensor x, Tensor y) => Pool(window, x, x, y);

    protected override void ForwardTangentCore(int window, Tensor x, Tensor xTangent, Tensor yTangent)
        => Pool(window, x, xTangent, yTangent);

    protected override void BackwardCore(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
        => Launch(Backward, window, x, cotangent, xCotangent, x.Shape);

    private void Pool(int window, Tensor x, Tensor values, Tensor y) => Launch(Forward, window, x, values, y, x.Shape);

    private void Launch(Action<PoolArguments> kernel, int window, Tensor x, Tensor values, Tensor result, TensorShape images)
    {
        int length = (int)result.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, result.Shape.Members, length);
        device.Launch(kernel, groups, device.Threads, memory => new PoolArguments
        {
            Grid = grid, Length = length, Window = window, Height = images.Height, Width = images.Width,
            PooledHeight = images.Height / window, PooledWidth = images.Width / window,
            Share = 1.0f / (window * window), X = memory.Operand(x), Values = memory.Operand(values), Result = memory.Operand(result),
        });
    }

    /// <summary>The mean of a window's values where x is positive: with x for the values, pool(ReLU).</summary>
    internal static void Forward(PoolArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var values, var y) = (arguments.X.View(member), arguments.Values.View(member), arguments.Result.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int row = i / arguments.PooledWidth, column = i - row * arguments.PooledWidth;
            int plane = row / arguments.PooledHeight;
            int corner = (plane * arguments.Height + (row - plane * arguments.PooledHeight) * arguments.Window) * arguments.Width + column
                * arguments.Window;
            float sum = 0;
            for (int down = 0; down < arguments.Window; down++)
                for (int right = 0; right < arguments.Window; right++)
                {
                    int at = corner + down * arguments.Width + right;
                    sum += x[at] > 0 ? values[at] : 0;
                }
            y[i] = sum * arguments.Share;
        }
    }

    internal static void Backward(PoolArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var cotangent, var result) = (arguments.X.View(member), arguments.Values.View(member), arguments.Result.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int row = i / arguments.Width, column = (i - row * arguments.Width) / arguments.Window;
            int plane = row / arguments.Height;
            int down = (row - plane * arguments.Height) / arguments.Window;
            float share = 0;
            // Rows and columns outside the last whole window were dropped.
            if (down < arguments.PooledHeight & column < arguments.PooledWidth)
                share = arguments.Share * cotangent[(plane * arguments.PooledHeight + down) * arguments.PooledWidth + column];
            result[i] = x[i] > 0 ? share : 0;
        }
    }

    internal struct PoolArguments
    {
        public MemberGrid Grid;
        public int Length;
        public int Window;
        public int Height;
        public int Width;
        public int PooledHeight;
        public int PooledWidth;
        public float Share;
        public Operand X;
        public Operand Values;
        public Operand Result;
    }
}
