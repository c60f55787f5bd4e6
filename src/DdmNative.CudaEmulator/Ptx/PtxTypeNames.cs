namespace DdmNative.CudaEmulator.Ptx;

/// <summary>The names of types in PTX, and names for sets of them in <see cref="PtxInstructionTable"/>.</summary>
internal static class PtxTypeNames
{
    private static readonly Dictionary<string, PtxType> Types =
        Enum.GetValues<PtxType>().Where(type => type != PtxType.None).ToDictionary(type => type.ToString().ToLowerInvariant());

    private static readonly Dictionary<string, PtxType>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        Types.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly Dictionary<string, string> Sets = new()
    {
        ["INT"] = "u16/s16/u32/s32/u64/s64",
        ["INT8"] = "u8/s8/u16/s16/u32/s32/u64/s64",
        ["BITS"] = "b16/b32/b64",
        ["FLOAT"] = "f16/bf16/f32/f64",
        ["MEMORY"] = "b8/u8/s8/b16/u16/s16/b32/u32/s32/f32/b64/u64/s64/f64",
        ["COMPARED"] = "b16/b32/b64/u16/s16/u32/s32/u64/s64",
    };

    /// <summary>The type with that name, without the dot.</summary>
    public static bool TryFind(ReadOnlySpan<char> name, out PtxType type) => BySpan.TryGetValue(name, out type);

    /// <summary>The types of a set, by name.</summary>
    public static IEnumerable<string> List(uint mask) => Types.Where(type => (mask >> (int)type.Value & 1) != 0).Select(type => type.Key);

    /// <summary>A bit for each type of a list such as <c>INT/f32</c>.</summary>
    public static uint Mask(string alternatives)
    {
        uint mask = 0;
        foreach (string name in alternatives.Split('/'))
            mask |= Sets.TryGetValue(name, out string? set) ? Mask(set) : 1u << (int)Types[name];
        return mask;
    }
}
