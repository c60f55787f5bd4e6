namespace DdmNative.Compute.Cpu;

/// <summary>
/// Consecutive calls of a phase that process a block's samples in tiles of the same length. A call that retains much (a wide layer's
/// transformed filters or the sums of its gradient) is a segment of its own and takes the whole block at once, so that it reads the
/// retained floats once a block; the calls between such calls pass their tensors on through the second-level cache, in tiles short enough
/// for it.
/// </summary>
internal sealed class CpuSegment(CpuCall[] calls, bool keepsMuch)
{
    public CpuCall[] Calls { get; } = calls;

    /// <summary>The most samples of a tile; chosen by the phase.</summary>
    public int TileSamples { get; set; } = 1;

    /// <summary>Whether its one call retains so much that what is retained and the samples do not fit in the second-level cache together.
    /// </summary>
    public bool KeepsMuch { get; } = keepsMuch;

    /// <summary>Whether so many floats, read once for every tile, should be read for as many samples as possible.</summary>
    public static bool IsMuch(long floats, CpuCaches caches) => floats * sizeof(float) >= caches.SecondLevelBytes / 4;

    /// <summary>Cuts a phase's calls before and after each call that retains much.</summary>
    public static CpuSegment[] Cut(IReadOnlyList<CpuCall> calls, CpuCaches caches)
    {
        bool KeptMuch(CpuCall call) => IsMuch(call.PassedFloats, caches);

        var segments = new List<CpuSegment>();
        for (int start = 0, end; start < calls.Count; start = end)
        {
            end = start + 1;
            while (!KeptMuch(calls[start]) && end < calls.Count && !KeptMuch(calls[end]))
                end++;
            segments.Add(new CpuSegment([.. calls.Skip(start).Take(end - start)], KeptMuch(calls[start])));
        }
        return [.. segments];
    }

    /// <summary>Bytes of one sample in the transient tensors that the calls use.</summary>
    public long TransientBytesPerSample => BytesPerSample(Transients);

    public IEnumerable<CpuTensor> Transients
        => Calls.SelectMany(call => call.Operands).Where(o => o.Tensor.IsTransient).Select(o => o.Tensor).Distinct();

    public static long BytesPerSample(IEnumerable<CpuTensor> tensors)
        => tensors.Sum(tensor => (long)tensor.Shape.SampleLength * sizeof(float));
}
