namespace DdmNative.Compute.Tests.Reference;

/// <summary>Each image moved by its dy and dx, zero where it ends, then mirrored if its flip is 1.</summary>
internal static class ReferenceCropFlip
{
    public static DoubleTensor Apply(int members, DoubleTensor x, DoubleTensor moves)
    {
        var y = new DoubleTensor(x.Shape.WithMembers(members));
        (int height, int width) = (y.Shape.Height, y.Shape.Width);
        for (int e = 0; e < members; e++)
            for (int n = 0; n < y.Shape.Samples; n++)
                for (int c = 0; c < y.Shape.Channels; c++)
                    for (int h = 0; h < height; h++)
                        for (int w = 0; w < width; w++)
                        {
                            double row = h + moves[e, n, 0], column = (moves[e, n, 2] == 1 ? width - 1 - w : w) + moves[e, n, 1];
                            if (row >= 0 && row < height && column >= 0 && column < width)
                                y[e, n, c, h, w] = x[e, n, c, (int)row, (int)column];
                        }
        return y;
    }
}
