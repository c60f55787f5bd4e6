using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// y[h, w] = x[h + dy, w′ + dx], w′ = w or W − 1 − w, zero outside the image; assigned (=), one thread a float; moves are read when the
/// kernel runs. Bound: memory.
/// </summary>
internal sealed class IlgpuCropFlip(IlgpuDevice device) : CropFlip
{
    protected override void ApplyCore(Tensor x, Tensor moves, Tensor y)
    {
        TensorShape image = y.Shape;
        int length = (int)image.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, image.Members, length);
        device.Launch<MoveArguments>(Move, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, SampleLength = image.SampleLength, Height = image.Height, Width = image.Width,
            X = memory.Operand(x), Moves = memory.Operand(moves), Y = memory.Operand(y),
        });
    }

    internal static void Move(MoveArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var moves, var y) = (arguments.X.View(member), arguments.Moves.View(member), arguments.Y.View(member));
        (int height, int width) = (arguments.Height, arguments.Width);
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            int line = i / width, column = i - line * width;
            int plane = line / height;
            int move = 3 * (i / arguments.SampleLength);
            if (moves[move + 2] != 0)
                column = width - 1 - column;
            int row = line - plane * height + Limit(moves[move], height);
            column += Limit(moves[move + 1], width);
            bool isInside = row >= 0 & row < height & column >= 0 & column < width;
            y[i] = isInside ? x[(plane * height + row) * width + column] : 0;
        }
    }

    /// <summary>A distance in pixels, at most the image's extent, which already moves every pixel out.</summary>
    private static int Limit(float distance, int extent) => distance >= extent ? extent : distance > -extent ? (int)distance : -extent;

    internal struct MoveArguments
    {
        public MemberGrid Grid;
        public int Length;
        public int SampleLength;
        public int Height;
        public int Width;
        public Operand X;
        public Operand Moves;
        public Operand Y;
    }
}
