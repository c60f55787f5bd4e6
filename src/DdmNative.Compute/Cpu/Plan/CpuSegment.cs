namespace DdmNative.Compute.Cpu;

/// <summary>
/// Consecutive calls of a phase that pass a block's samples on in tiles of the same length. A call that keeps much with the thread (a wide layer's transformed filters
/// or the sums of its gradient) is alone and takes the whole block at once, so that what it keeps is passed over once a block; the calls between such calls hand their
/// tensors on through the second-level cache, in tiles as short as that takes.
/// </summary>
internal sealed class CpuSegment(CpuCall[] calls)
{
    /// <summary>Bytes kept that do not leave room for anything else in the second-level cache.</summary>
    private const long MuchBytes = 256 << 10;

    public CpuCall[] Calls { get; } = calls;

    /// <summary>Samples of a tile at most; chosen by the phase.</summary>
    public int TileSamples { get; set; } = 1;

    public bool KeepsMuch => KeptMuch(Calls[0]);

    public static bool KeptMuch(CpuCall call) => call.PassedFloats * sizeof(float) >= MuchBytes;

    /// <summary>Cuts a phase's calls where what is kept changes.</summary>
    public static CpuSegment[] Cut(IReadOnlyList<CpuCall> calls)
    {
        var segments = new List<CpuSegment>();
        for (int start = 0, end; start < calls.Count; start = end)
        {
            end = start + 1;
            while (!KeptMuch(calls[start]) && end < calls.Count && !KeptMuch(calls[end]))
                end++;
            segments.Add(new CpuSegment([.. calls.Skip(start).Take(end - start)]));
        }
        return [.. segments];
    }

    /// <summary>Bytes of one sample in the transient tensors that the calls touch.</summary>
    public long TransientBytesPerSample => BytesPerSample(Transients);

    public IEnumerable<CpuTensor> Transients => Calls.SelectMany(call => call.Operands).Where(o => o.Tensor.IsTransient).Select(o => o.Tensor).Distinct();

    public static long BytesPerSample(IEnumerable<CpuTensor> tensors) => tensors.Sum(tensor => (long)tensor.Shape.SampleLength * sizeof(float));
}
