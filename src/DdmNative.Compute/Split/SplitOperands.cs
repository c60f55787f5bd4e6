namespace DdmNative.Compute.Split;

/// <summary>The parts of a call's operands on one device.</summary>
internal static class SplitOperands
{
    /// <summary>The device's members of the tensor, or its copy of a shared one.</summary>
    public static Tensor On(this Tensor tensor, int device) => ((SplitTensor)tensor).Part(device);

    /// <summary>The same parameters of the device's members.</summary>
    public static Slice On(this Slice slice, int device) => new(slice.Vector.On(device), slice.Offset, slice.Length);
}
