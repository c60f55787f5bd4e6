namespace DdmNative.Compute.Cpu;

/// <summary>
/// Packs or transforms filters that all members share once for all threads and all calls that read them. The threads share the work, and
/// the last-level cache holds one copy.
/// </summary>
internal sealed unsafe class FilterBankCall : CpuCall
{
    private readonly IFilterPacking _packing;
    private readonly CpuParameters _filter;
    private readonly CpuOperand _bank;

    public FilterBankCall(IFilterPacking packing, CpuTensor parameters, int offset, int length, Action<CpuTensor> own)
        : base("filter-bank", members: 1, CpuPhase.SamplesOf(packing.Parts))
    {
        _packing = packing;
        _filter = new CpuParameters(ReadWhole(parameters), offset, length);
        Bank = new CpuTensor(TensorShape.Vector(1, checked((int)packing.Length)), isTransient: false);
        own(Bank);
        _bank = WriteWhole(Bank);
    }

    /// <summary>The packed filters.</summary>
    public CpuTensor Bank { get; }

    public override long TemporaryFloats(int samples) => _packing.ChunkLength;

    public override void Execute(in Tile tile)
    {
        (int first, int end) = CpuPhase.PartsOf(tile);
        for (int part = first; part < end; part++)
            _packing.Pack(_filter.At(tile), part, _bank.At(tile, 0), tile.Workspace.Temporary);
    }
}
