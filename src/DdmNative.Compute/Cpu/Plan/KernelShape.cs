namespace DdmNative.Compute.Cpu;

/// <summary>Names a call's layer by the shapes of one sample: what it reads first and what it writes last.</summary>
internal static class KernelShape
{
    public static string Describe(IReadOnlyList<CpuOperand> operands)
    {
        CpuOperand? written = operands.LastOrDefault(o => o.IsWritten);
        CpuOperand[] read = [.. operands.Where(o => !o.IsWritten && !o.IsReadWhole)];
        if (read.Length == 0)
            return written is null ? "" : Describe(written.Tensor.Shape);
        // A parameter gradient is not an operand of a tile: such a call is named by the two tensors that it reads.
        return written is not null
            ? $"{Describe(read[0].Tensor.Shape)} → {Describe(written.Tensor.Shape)}"
                : $"{Describe(read[0].Tensor.Shape)}, {Describe(read[^1].Tensor.Shape)}";
    }

    private static string Describe(TensorShape shape)
        => shape.Height * shape.Width == 1 ? $"{shape.Channels}" : $"{shape.Channels}×{shape.Height}×{shape.Width}";
}
