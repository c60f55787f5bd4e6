namespace DdmNative.Compute.Cpu;

/// <summary>A call that packs filters for itself, and can read filters that a <see cref="FilterBankCall"/> has packed.</summary>
internal interface IFilterReader
{
    /// <summary>The filters of each source; empty if the call packs several sources' filters into one bank.</summary>
    IReadOnlyList<CpuParameters> Filters { get; }

    /// <summary>The form in which it reads each of them.</summary>
    IFilterPacking Packing { get; }

    /// <summary>Reads a source's filters from a bank from now on.</summary>
    void UseShared(int source, CpuTensor bank);
}
