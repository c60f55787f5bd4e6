namespace DdmNative.Compute.Tests.Reference;

/// <summary>Row-major [E, N, C, H, W] in float64. With one member it is shared: every member index reads the same values.</summary>
/// <remarks>
/// A filter bank OIHW is held as [E, O, I, k, k] and a matrix as [E, O, I, 1, 1], so that the loops below read like the formulas.
/// </remarks>
internal sealed class DoubleTensor(TensorShape shape)
{
    public TensorShape Shape { get; } = shape;

    public double[] Values { get; } = new double[shape.Length];

    public double this[int e, int n, int c, int h = 0, int w = 0]
    {
        get => Values[Index(e, n, c, h, w)];
        set => Values[Index(e, n, c, h, w)] = value;
    }

    public int Index(int e, int n, int c, int h, int w)
    {
        int member = Shape.Members == 1 ? 0 : e;
        return (((member * Shape.Samples + n) * Shape.Channels + c) * Shape.Height + h) * Shape.Width + w;
    }

    public static DoubleTensor FromFloats(TensorShape shape, ReadOnlySpan<float> values)
    {
        var tensor = new DoubleTensor(shape);
        for (int i = 0; i < values.Length; i++)
            tensor.Values[i] = values[i];
        return tensor;
    }

    /// <summary>αa + βb over the given number of members, shared operands broadcast.</summary>
    public static DoubleTensor Combine(int members, double alpha, DoubleTensor a, double beta, DoubleTensor b)
    {
        var y = new DoubleTensor(a.Shape.WithMembers(members));
        long memberLength = a.Shape.MemberLength;
        for (long i = 0; i < y.Values.Length; i++)
        {
            double left = a.Values[a.Shape.Members == 1 ? i % memberLength : i];
            double right = b.Values[b.Shape.Members == 1 ? i % memberLength : i];
            y.Values[i] = alpha * left + beta * right;
        }
        return y;
    }

    /// <summary>a + εb: a point on the line that a finite difference walks along.</summary>
    public static DoubleTensor Moved(DoubleTensor a, double step, DoubleTensor direction)
        => Combine(Math.Max(a.Shape.Members, direction.Shape.Members), 1, a, step, direction);

    public static double Dot(DoubleTensor a, DoubleTensor b)
    {
        double sum = 0;
        for (int i = 0; i < a.Values.Length; i++)
            sum += a.Values[i] * b.Values[i];
        return sum;
    }
}
