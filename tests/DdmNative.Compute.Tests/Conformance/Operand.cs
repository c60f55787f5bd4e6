using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// One operand of a call under test: its tensor (or a run inside a longer vector), and the values that the reference uses.
/// </summary>
/// <param name="Name">Its name in a failure.</param>
/// <param name="Values">The values of an input; of an output only the shape counts.</param>
/// <param name="Tensor">Its tensor on the device.</param>
/// <param name="Offset">For a slice, the number of parameters before it in the vector.</param>
/// <param name="Initial">The tensor's whole contents before a call: the values, and NaN where the call must not read.</param>
internal sealed record Operand(string Name, DoubleTensor Values, Tensor Tensor, int Offset, float[] Initial)
{
    private int Length => (int)Values.Shape.MemberLength;

    public Slice Slice => new(Tensor, Offset, Length);

    /// <summary>Restores the contents before a call.</summary>
    public void Reset() => Tensor.Upload(Initial);

    /// <summary>Splits the tensor's contents into the operand's own values and the neighbours in its vector.</summary>
    public (float[] Own, float[] Neighbours) Split(float[] contents)
    {
        int stride = (int)Tensor.Shape.MemberLength;
        var own = new List<float>();
        var neighbours = new List<float>();
        for (int member = 0; member < Tensor.Shape.Members; member++)
        {
            ReadOnlySpan<float> vector = contents.AsSpan(member * stride, stride);
            own.AddRange(vector.Slice(Offset, Length));
            neighbours.AddRange(vector[..Offset]);
            neighbours.AddRange(vector[(Offset + Length)..]);
        }
        return ([.. own], [.. neighbours]);
    }
}
