namespace DdmNative.Compute.Cpu;

/// <summary>
/// Finds convolutions of many members over the same images and has <see cref="WinogradImagesCall"/> transform these once for all of them.
/// </summary>
internal static class WinogradImageSharing
{
    /// <param name="calls">Recorded calls.</param>
    /// <param name="own">Given the tensors that are made, to be disposed with the plan.</param>
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
                // Right behind what writes the images; where more than one call does, they are not the same images for all.
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
