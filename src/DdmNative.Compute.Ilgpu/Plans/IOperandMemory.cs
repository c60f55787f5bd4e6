using ILGPU;

namespace DdmNative.Compute.Ilgpu.Plans;

/// <summary>
/// The memory of operands: their tensors' own when a kernel runs at once, a plan's arena when they are a plan's intermediates.
/// </summary>
internal interface IOperandMemory
{
    ArrayView<float> ViewOf(IlgpuTensor tensor);

    /// <summary>A whole tensor as a kernel argument, per member or shared.</summary>
    Operand Operand(Tensor tensor)
    {
        var of = (IlgpuTensor)tensor;
        return new Operand(ViewOf(of), of.MemberStride);
    }

    /// <summary>A slice of parameters as a kernel argument, per member or shared.</summary>
    Operand Operand(Slice slice)
    {
        var of = (IlgpuTensor)slice.Vector;
        ArrayView<float> vector = ViewOf(of);
        return new Operand(vector.IsValid ? vector.SubView(slice.Offset) : vector, of.MemberStride);
    }
}
