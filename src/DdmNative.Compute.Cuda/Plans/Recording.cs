using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda.Plans;

/// <summary>
/// The recording of a plan's body: its launches, and the intermediates they use. While the plan is being recorded an intermediate has a
/// symbolic address (bit 63, then its number, then 40 bits of offset); once all uses are known, intermediates that are never needed at the
/// same time share memory.
/// </summary>
internal sealed class Recording(string name)
{
    private const ulong Symbolic = 1UL << 63;
    private const int OffsetBits = 40;
    private readonly List<RecordedLaunch> _launches = [];
    private readonly List<long> _intermediates = [];
    private readonly Dictionary<CudaTensor, ulong> _addresses = [];

    public string Name => name;

    public IReadOnlyList<RecordedLaunch> Launches => _launches;

    public void Add(RecordedLaunch launch) => _launches.Add(launch);

    /// <summary>The symbolic address of a transient tensor.</summary>
    public ulong AddressOf(CudaTensor tensor)
    {
        if (!_addresses.TryGetValue(tensor, out ulong address))
            _addresses[tensor] = address = NewIntermediate(tensor.Bytes);
        return address;
    }

    /// <summary>A new symbolic address for this many bytes.</summary>
    public ulong NewIntermediate(long bytes)
    {
        _intermediates.Add(bytes);
        return Symbolic | (ulong)(_intermediates.Count - 1) << OffsetBits;
    }

    /// <summary>
    /// Bytes that each intermediate needs, and the first and last launch that touch it (first above last where none does).
    /// </summary>
    public IReadOnlyList<IntermediateUse> Uses()
    {
        IntermediateUse[] uses = [.. _intermediates.Select(bytes => new IntermediateUse(bytes, int.MaxValue, -1))];
        for (int i = 0; i < _launches.Count; i++)
        {
            foreach (ulong address in SymbolicPointers(_launches[i].Arguments))
            {
                ref IntermediateUse use = ref uses[NumberOf(address)];
                use = use with { First = Math.Min(use.First, i), Last = i };
            }
        }
        return uses;
    }

    /// <summary>Replaces every symbolic address by a real one.</summary>
    public void Resolve(IReadOnlyList<ulong> memory)
    {
        foreach (KernelArguments arguments in _launches.Select(launch => launch.Arguments))
        {
            foreach (KernelParameter parameter in arguments.Parameters.Where(parameter => parameter.IsPointer))
            {
                Span<byte> place = arguments.Bytes.Slice(parameter.Offset, parameter.Bytes);
                ulong address = MemoryMarshal.Read<ulong>(place);
                if ((address & Symbolic) != 0)
                    MemoryMarshal.Write(place, memory[NumberOf(address)] + (address & ((1UL << OffsetBits) - 1)));
            }
        }
    }

    private static IEnumerable<ulong> SymbolicPointers(KernelArguments arguments)
    {
        foreach (KernelParameter parameter in arguments.Parameters)
            if (parameter.IsPointer && MemoryMarshal.Read<ulong>(arguments.Bytes.Slice(parameter.Offset, parameter.Bytes)) is ulong address
                && (address & Symbolic) != 0)
                yield return address;
    }

    private static int NumberOf(ulong address) => (int)((address & ~Symbolic) >> OffsetBits);
}
