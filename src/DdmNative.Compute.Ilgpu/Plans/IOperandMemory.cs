using ILGPU;

namespace DdmNative.Compute.Ilgpu.Plans;

/// <summary>Where operands lie: in their tensors' own memory when a kernel runs at once, in a plan's arena when they are a plan's intermediates.</summary>
internal interface IOperandMemory
{
    ArrayView<float> ViewOf(IlgpuTensor tensor);

    /// <summary>A whole tensor as kernels take it, per member or shared.</summary>
    Operand Operand(Tensor tensor)
    {
        var of = (IlgpuTensor)tensor;
        return new Operand(ViewOf(of), of.MemberStride);
    }

    /// <summary>A run of parameters, per member or shared.</summary>
    Operand Operand(Slice slice)
    {
        var of = (IlgpuTensor)slice.Vector;
        ArrayView<float> vector = ViewOf(of);
        return new Operand(vector.IsValid ? vector.SubView(slice.Offset) : vector, of.MemberStride);
    }
}
