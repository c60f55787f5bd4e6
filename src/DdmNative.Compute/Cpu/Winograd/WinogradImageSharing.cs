namespace DdmNative.Compute.Cpu;

/// <summary>
/// Finds convolutions of many members over the same images and lets one <see cref="WinogradImagesCall"/> transform these for all of them.
/// </summary>
internal static class WinogradImageSharing
{
    /// <param name="calls">Recorded calls.</param>
    /// <param name="own">Receives the tensors that are created; the plan disposes them.</param>
    public static IReadOnlyList<CpuCall> Apply(IReadOnlyList<CpuCall> calls, Action<CpuTensor> own)
    {
        var result = new List<CpuCall>(calls);
        var made = new Dictionary<(CpuTensor Images, CorrelationShape Shape), WinogradImagesCall>();
        foreach (CpuCall call in calls)
        {
            (CpuTensor Images, CorrelationShape Shape)? shared =
                (call as WinogradCorrelationCall)?.SharedImages ?? (call as WinogradFilterGradientCall)?.SharedImages;
            if (shared is not (CpuTensor images, CorrelationShape shape) key)
                continue;
            if (!made.TryGetValue(key, out WinogradImagesCall? transform))
            {
                // Directly after the call that writes the images; if several calls write them, the members do not share them.
                int[] writers = [.. Enumerable.Range(0, result.Count)
                    .Where(i => result[i].Operands.Any(o => o.IsWritten && o.Tensor == images))];
                int at = writers.Length == 0 ? 0 : writers[0] + 1;
                if (writers.Length > 1 || at > result.IndexOf(call))
                    continue;
                made[key] = transform = new WinogradImagesCall(shape, images, own);
                result.Insert(at, transform);
            }
            (call as WinogradCorrelationCall)?.UseShared(transform);
            (call as WinogradFilterGradientCall)?.UseShared(transform);
        }
        return result;
    }
}
