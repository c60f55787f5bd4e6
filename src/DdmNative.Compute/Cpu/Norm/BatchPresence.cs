namespace DdmNative.Compute.Cpu;

/// <summary>Which samples are in a member's batch: those whose value is not zero, or all.</summary>
internal readonly unsafe struct BatchPresence(CpuOperand? values, int samples)
{
    public bool Has(in Tile tile, int sample) => values is null || *values.At(tile, sample) != 0;

    public int Count(in Tile tile)
    {
        if (values is null)
            return samples;
        int count = 0;
        for (int sample = 0; sample < samples; sample++)
            count += Has(tile, sample) ? 1 : 0;
        return count;
    }
}
