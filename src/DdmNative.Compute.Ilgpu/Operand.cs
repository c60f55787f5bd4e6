using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>An operand as a kernel argument: its first member and the floats between members, 0 if they share it.</summary>
internal struct Operand
{
    public ArrayView<float> Data;
    public long MemberStride;

    public Operand(ArrayView<float> data, long memberStride) => (Data, MemberStride) = (data, memberStride);

    /// <summary>A member's floats.</summary>
    public readonly ArrayView<float> View(int member) => Data.SubView(member * MemberStride);
}
