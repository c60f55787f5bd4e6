namespace DdmNative.CudaEmulator.Checks;

/// <summary>Where poison came from: a register, or memory that an instruction read.</summary>
/// <param name="Kind">The kind of fault that is reported.</param>
/// <param name="Register">The register's name, or null.</param>
/// <param name="Site">The instruction that read memory, or −1.</param>
/// <param name="Memory">The memory that it read, or null.</param>
internal sealed record PoisonOrigin(FaultKind Kind, string? Register, int Site, FaultMemory? Memory);

/// <summary>
/// The origins of the poison in one block, numbered from 1. If there are more than can be stored, the last number stands for the rest.
/// </summary>
internal sealed class PoisonOrigins
{
    private const int MaxKept = 1 << 16;

    private readonly List<PoisonOrigin> _origins = [];
    private readonly Dictionary<(int Site, ulong Address), int> _reads = [];
    private readonly Dictionary<string, int> _registers = [];

    public PoisonOrigin this[int number] => _origins[number - 1];

    public void Begin()
    {
        _origins.Clear();
        _reads.Clear();
        _registers.Clear();
    }

    public int OfRegister(string name)
    {
        if (!_registers.TryGetValue(name, out int number))
            _registers[name] = number = Add(new(FaultKind.UninitialisedRegister, name, -1, null));
        return number;
    }

    public int OfRead(FaultKind kind, int site, ulong address, Func<FaultMemory> memory)
    {
        if (_reads.TryGetValue((site, address), out int number))
            return number;
        if (_origins.Count >= MaxKept)
            return _origins.Count;
        return _reads[(site, address)] = Add(new(kind, null, site, memory()));
    }

    private int Add(PoisonOrigin origin)
    {
        _origins.Add(origin);
        return _origins.Count;
    }
}
