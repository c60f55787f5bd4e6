namespace DdmNative.Compute.Tests.Reference;

/// <summary>The value for every parameter of every member.</summary>
internal static class ReferenceFill
{
    public static DoubleTensor Assign(int members, int length, double value)
    {
        var filled = new DoubleTensor(TensorShape.Vector(members, length));
        for (int e = 0; e < members; e++)
            for (int i = 0; i < length; i++)
                filled[e, 0, i] = value;
        return filled;
    }
}
