namespace DdmNative.CudaEmulator.Checks;

/// <summary>Where poison came from: a register, or memory that an instruction read.</summary>
/// <param name="Kind">As what it is reported.</param>
/// <param name="Register">The register's name, or null.</param>
/// <param name="Site">The instruction that read memory, or −1.</param>
/// <param name="Memory">What it read, or null.</param>
internal sealed record PoisonOrigin(FaultKind Kind, string? Register, int Site, FaultMemory? Memory);

/// <summary>
/// The origins of the poison that is about in one block, by number from 1 on. Of more than are kept the last number stands for the rest.
/// </summary>
internal sealed class PoisonOrigins
{
    private const int MostKept = 1 << 16;

    private readonly List<PoisonOrigin> origins = [];
    private readonly Dictionary<(int Site, ulong Address), int> reads = [];
    private readonly Dictionary<string, int> registers = [];

    public PoisonOrigin this[int number] => origins[number - 1];

    public void Begin()
    {
        origins.Clear();
        reads.Clear();
        registers.Clear();
    }

    public int OfRegister(string name)
    {
        if (!registers.TryGetValue(name, out int number))
            registers[name] = number = Add(new(FaultKind.UninitialisedRegister, name, -1, null));
        return number;
    }

    public int OfRead(FaultKind kind, int site, ulong address, Func<FaultMemory> memory)
    {
        if (reads.TryGetValue((site, address), out int number))
            return number;
        if (origins.Count >= MostKept)
            return origins.Count;
        return reads[(site, address)] = Add(new(kind, null, site, memory()));
    }

    private int Add(PoisonOrigin origin)
    {
        origins.Add(origin);
        return origins.Count;
    }
}
