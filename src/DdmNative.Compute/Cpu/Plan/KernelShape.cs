namespace DdmNative.Compute.Cpu;

/// <summary>Names a call's layer by the shapes of one sample: what it reads first and what it writes last.</summary>
internal static class KernelShape
{
    public static string Of(IReadOnlyList<CpuOperand> operands)
    {
        CpuOperand? written = operands.LastOrDefault(o => o.IsWritten);
        CpuOperand[] read = [.. operands.Where(o => !o.IsWritten && !o.IsReadWhole)];
        if (read.Length == 0)
            return written is null ? "" : Of(written.Tensor.Shape);
        // A parameter's gradient is no operand of a tile: such a call is named by the two that it reads.
        return written is not null ? $"{Of(read[0].Tensor.Shape)} → {Of(written.Tensor.Shape)}" : $"{Of(read[0].Tensor.Shape)}, {Of(read[^1].Tensor.Shape)}";
    }

    private static string Of(TensorShape shape)
        => shape.Height * shape.Width == 1 ? $"{shape.Channels}" : $"{shape.Channels}×{shape.Height}×{shape.Width}";
}
