namespace DdmNative.Compute.Ilgpu;

/// <summary>Four adjacent floats: one 16-byte load from shared memory.</summary>
internal struct Four
{
    public float X;
    public float Y;
    public float Z;
    public float W;

    public Four(float x, float y, float z, float w) => (X, Y, Z, W) = (x, y, z, w);

    public static Four operator +(Four a, Four b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

    /// <summary>factor·a + sum, lane by lane.</summary>
    public static Four MultiplyAdd(float factor, Four a, Four sum)
        => new(factor * a.X + sum.X, factor * a.Y + sum.Y, factor * a.Z + sum.Z, factor * a.W + sum.W);
}
