namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// The checks that can be switched off, to compare speeds or to continue past a fault. Accesses outside of every allocation, misaligned
/// ones, writes to constant memory and barriers that can never complete are always faults.
/// </summary>
[Flags]
public enum FaultChecks
{
    None = 0,
    UninitialisedGlobal = 1 << 0,
    UninitialisedShared = 1 << 1,
    UninitialisedRegisters = 1 << 2,
    /// <summary>Races in shared memory between warps.</summary>
    SharedRaces = 1 << 3,
    /// <summary>
    /// Races in shared memory between lanes of one warp, which <c>__syncwarp</c> must order. Needs <see cref="SharedRaces"/>.
    /// </summary>
    WarpRaces = 1 << 4,
    AsyncCopies = 1 << 5,
    WarpSyncMasks = 1 << 6,
    /// <summary>
    /// Freed memory is not reused for a while, so that accesses to it can be distinguished from accesses to the next allocation.
    /// </summary>
    UseAfterFree = 1 << 7,
    InstructionLimit = 1 << 8,
    Uninitialised = UninitialisedGlobal | UninitialisedShared | UninitialisedRegisters,
    Races = SharedRaces | WarpRaces,
    All = Uninitialised | Races | AsyncCopies | WarpSyncMasks | UseAfterFree | InstructionLimit,
}

/// <summary>Reads <c>DDM_CUDA_EMULATOR_CHECKS</c>.</summary>
public static class FaultChecksText
{
    private static readonly (string Word, FaultChecks Checks)[] Words =
    [
        ("all", FaultChecks.All),
        ("none", FaultChecks.None),
        ("uninitialised", FaultChecks.Uninitialised),
        ("uninitialised-global", FaultChecks.UninitialisedGlobal),
        ("uninitialised-shared", FaultChecks.UninitialisedShared),
        ("uninitialised-registers", FaultChecks.UninitialisedRegisters),
        ("races", FaultChecks.Races),
        ("shared-races", FaultChecks.SharedRaces),
        ("warp-races", FaultChecks.WarpRaces),
        ("async-copies", FaultChecks.AsyncCopies),
        ("warp-sync-masks", FaultChecks.WarpSyncMasks),
        ("use-after-free", FaultChecks.UseAfterFree),
        ("instruction-limit", FaultChecks.InstructionLimit),
    ];

    /// <summary>
    /// Words separated by commas, applied from left to right. A word with <c>-</c> before it removes that check, and a list that starts
    /// with such a word starts from <c>all</c>: <c>all</c>, <c>none</c>, <c>races,async-copies</c>, <c>-warp-races</c>.
    /// </summary>
    /// <exception cref="FormatException">A word does not name a check; the message lists the valid names.</exception>
    public static FaultChecks Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        FaultChecks checks = parts.Length == 0 || parts[0].StartsWith('-') ? FaultChecks.All : FaultChecks.None;
        foreach (string part in parts)
        {
            bool without = part.StartsWith('-');
            string name = without ? part[1..] : part;
            int found = Array.FindIndex(Words, entry => entry.Word.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (found < 0)
                throw new FormatException(
                    $"'{name}' is not a check of the CUDA emulator, expected {string.Join(", ", Words.Select(entry => entry.Word))}");
            checks = without ? checks & ~Words[found].Checks : checks | Words[found].Checks;
        }

        return checks;
    }
}
