namespace DdmNative.Compute.Tests.Reference;

/// <summary>
/// A number and its derivative along one direction: arithmetic on it is forward-mode differentiation, so that no tangent needs a formula of
/// its own.
/// </summary>
internal readonly record struct Dual(double Value, double Tangent)
{
    public static implicit operator Dual(double constant) => new(constant, 0);

    public static Dual operator +(Dual a, Dual b) => new(a.Value + b.Value, a.Tangent + b.Tangent);

    public static Dual operator -(Dual a, Dual b) => new(a.Value - b.Value, a.Tangent - b.Tangent);

    public static Dual operator *(Dual a, Dual b) => new(a.Value * b.Value, a.Tangent * b.Value + a.Value * b.Tangent);

    public static Dual operator /(Dual a, Dual b) => new(a.Value / b.Value, (a.Tangent - a.Value / b.Value * b.Tangent) / b.Value);

    public static Dual Sqrt(Dual a) => new(Math.Sqrt(a.Value), a.Tangent / (2 * Math.Sqrt(a.Value)));

    public static Dual Exp(Dual a) => new(Math.Exp(a.Value), a.Tangent * Math.Exp(a.Value));

    public static Dual Log(Dual a) => new(Math.Log(a.Value), a.Tangent / a.Value);
}

/// <summary>A tensor and its tangent; a tangent of null is zero.</summary>
internal readonly record struct DualTensor(DoubleTensor Value, DoubleTensor? Tangent = null)
{
    public Dual this[int e, int n, int c, int h = 0, int w = 0]
    {
        get => new(Value[e, n, c, h, w], Tangent is null ? 0 : Tangent[e, n, c, h, w]);
        set
        {
            Value[e, n, c, h, w] = value.Value;
            if (Tangent is not null)
                Tangent[e, n, c, h, w] = value.Tangent;
        }
    }

    public static DualTensor Zeros(TensorShape shape) => new(new DoubleTensor(shape), new DoubleTensor(shape));

    public static implicit operator DualTensor(DoubleTensor constant) => new(constant);
}
