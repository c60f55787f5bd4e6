namespace DdmNative.Compute.Cpu;

/// <summary>
/// Finds calls that read large filter banks that all members share, and lets one <see cref="FilterBankCall"/> prepare each bank for all of
/// them. Otherwise every call would retain a copy in every thread: at width 128, 2.4 MB a call and thread, more than the last-level cache
/// of a machine with many cores holds.
/// </summary>
internal static class FilterSharing
{
    /// <param name="calls">Recorded calls.</param>
    /// <param name="caches">A bank below a quarter of the second-level cache stays with its thread.</param>
    /// <param name="own">Receives the tensors that are created; the plan disposes them.</param>
    public static IReadOnlyList<CpuCall> Apply(IReadOnlyList<CpuCall> calls, CpuCaches caches, Action<CpuTensor> own)
    {
        var result = new List<CpuCall>(calls);
        var made = new Dictionary<(CpuTensor Parameters, int Offset, Type Form, CorrelationShape Shape, CpuCall? Writer), CpuTensor>();
        foreach (CpuCall call in calls)
        {
            if (call is not IFilterReader reader || !CpuSegment.IsMuch(reader.Packing.Length, caches))
                continue;
            for (int source = 0; source < reader.Filters.Count; source++)
            {
                CpuParameters filter = reader.Filters[source];
                CpuTensor parameters = filter.Vector.Tensor;
                if (!filter.IsShared)
                    continue;
                int written = result.FindLastIndex(result.IndexOf(call), other => other.Writes(parameters));
                CpuCall? writer = written < 0 ? null : result[written];
                (CpuTensor, int, Type, CorrelationShape, CpuCall?) key =
                    (parameters, filter.Offset, reader.Packing.GetType(), reader.Packing.Shape, writer);
                if (!made.TryGetValue(key, out CpuTensor? bank))
                {
                    var packing = new FilterBankCall(reader.Packing, parameters, filter.Offset, filter.Length, own);
                    made[key] = bank = packing.Bank;
                    result.Insert(written + 1, packing);
                }
                reader.UseShared(source, bank);
            }
        }
        return result;
    }
}
