using System.Text.Json.Serialization;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>How often instructions of a class were executed.</summary>
public sealed record ClassCount(long Warps, long Lanes);

/// <summary>Requests of warps to global memory and their cost. Bytes are those that lanes requested.</summary>
public sealed record GlobalAccess(long Requests, long Sectors, long IdealSectors, long RequestsAtIdeal, long Bytes)
{
    internal static GlobalAccess From(in AccessTotals totals)
        => new(totals.Requests, totals.Transactions, totals.Ideal, totals.AtIdeal, totals.Bytes);
}

/// <summary>Requests of warps to shared memory and their cost; conflicts are the wavefronts above the ideal.</summary>
public sealed record SharedAccess(long Requests, long Wavefronts, long IdealWavefronts, long Conflicts, long RequestsWithoutConflict)
{
    internal static SharedAccess From(in AccessTotals totals)
        => new(totals.Requests, totals.Transactions, totals.Ideal, totals.Transactions - totals.Ideal, totals.AtIdeal);
}

/// <summary>
/// Floating-point operations by the unit that executes them, where a fused multiply-add counts as two: float32 (including plain
/// instructions on halves), float64, and tensor cores with TF32 and with float16 or bfloat16.
/// </summary>
public sealed record FloatingPointWork(long Fp32, long Fp64, long MatrixTf32, long MatrixHalf)
{
    [JsonIgnore]
    public long Total => Fp32 + Fp64 + MatrixTf32 + MatrixHalf;
}

/// <summary>The counters of a launch, of a kernel over all its launches, or of the main loop of either.</summary>
public sealed record CounterTotals
{
    /// <summary>Executed by warps, independently of which lanes took part.</summary>
    public required long WarpInstructions { get; init; }

    public required long LaneInstructions { get; init; }

    /// <summary>Only classes that occur.</summary>
    public required IReadOnlyDictionary<string, ClassCount> Classes { get; init; }

    public required GlobalAccess GlobalLoads { get; init; }
    public required GlobalAccess GlobalStores { get; init; }
    public required GlobalAccess GlobalAtomics { get; init; }
    public required SharedAccess SharedLoads { get; init; }
    public required SharedAccess SharedStores { get; init; }
    public required SharedAccess SharedAtomics { get; init; }

    /// <summary><c>bar.sync</c>, <c>bar.arrive</c> and <c>bar.red</c> of warps.</summary>
    public required long Barriers { get; init; }

    /// <summary><c>bar.warp.sync</c></summary>
    public required long WarpBarriers { get; init; }

    /// <summary>Branches of warps, including unconditional ones.</summary>
    public required long Branches { get; init; }

    /// <summary>Branches after which lanes of one warp continued at different places.</summary>
    public required long DivergentBranches { get; init; }

    /// <summary>Matrix multiplications by tensor cores.</summary>
    public required long MatrixInstructions { get; init; }

    public required FloatingPointWork Work { get; init; }

    /// <summary>Fused multiply-adds among the executed warp instructions, from 0 to 1.</summary>
    public double FmaShare => Share(Classes.GetValueOrDefault(nameof(InstructionClass.Fma))?.Warps ?? 0, WarpInstructions);

    /// <summary>Lanes that took part, from 0 to 1.</summary>
    public double ActiveLaneShare => Share(LaneInstructions, 32 * WarpInstructions);

    /// <summary>Global loads, stores and atomics that took no more sectors than the ideal, from 0 to 1; 1 if there were none.</summary>
    public double IdealRequestShare
        => GlobalRequests == 0 ? 1
            : Share(GlobalLoads.RequestsAtIdeal + GlobalStores.RequestsAtIdeal + GlobalAtomics.RequestsAtIdeal, GlobalRequests);

    public long BankConflicts => SharedLoads.Conflicts + SharedStores.Conflicts + SharedAtomics.Conflicts;

    /// <summary>32 bytes for each sector of each global request; caches, which would avoid some, are not modelled.</summary>
    public long MovedBytes => SectorCounter.SectorBytes * (GlobalLoads.Sectors + GlobalStores.Sectors + 2 * GlobalAtomics.Sectors);

    [JsonIgnore]
    public long SharedWavefronts => SharedLoads.Wavefronts + SharedStores.Wavefronts + SharedAtomics.Wavefronts;

    private long GlobalRequests => GlobalLoads.Requests + GlobalStores.Requests + GlobalAtomics.Requests;

    /// <summary>The counters of a kernel's instructions, or of some of them.</summary>
    /// <param name="profile">What was counted.</param>
    /// <param name="sites">Which instructions; null for all.</param>
    internal static CounterTotals Compute(KernelProfile profile, IEnumerable<int>? sites = null)
    {
        KernelSites kernel = profile.Sites;
        long[] warps = new long[InstructionClasses.Count], lanes = new long[InstructionClasses.Count];
        AccessTotals loads = default, stores = default, atomics = default, sharedLoads = default, sharedStores = default,
            sharedAtomics = default;
        long barriers = 0, warpBarriers = 0, branches = 0, divergent = 0, single = 0, wide = 0, tf32 = 0, half = 0;
        foreach (int site in sites ?? Enumerable.Range(0, kernel.Instructions.Count))
        {
            if (profile.Warps[site] == 0)
                continue;
            PtxInstruction instruction = kernel.Instructions[site];
            InstructionClass kind = kernel.Classes[site];
            warps[(int)kind] += profile.Warps[site];
            lanes[(int)kind] += profile.Lanes[site];
            divergent += profile.Divergences[site];
            switch (instruction.Opcode)
            {
                case PtxOpcode.BarSync or PtxOpcode.BarArrive or PtxOpcode.BarRed:
                    barriers += profile.Warps[site];
                    break;
                case PtxOpcode.BarWarpSync:
                    warpBarriers += profile.Warps[site];
                    break;
                case PtxOpcode.Bra or PtxOpcode.BrxIdx:
                    branches += profile.Warps[site];
                    break;
            }

            long work = InstructionClasses.Work(instruction) * profile.Lanes[site],
                matrixWork = InstructionClasses.MatrixWork(instruction) * profile.Warps[site];
            if (instruction.Modifiers.Type == PtxType.F64)
                wide += work;
            else
                single += work;
            switch (InstructionClasses.MatrixType(instruction))
            {
                case PtxType.TF32:
                    tf32 += matrixWork;
                    break;
                case PtxType.F64:
                    wide += matrixWork;
                    break;
                case PtxType.F16 or PtxType.BF16:
                    half += matrixWork;
                    break;
            }

            if (kernel.Accesses[site] < 0)
                continue;
            AccessProfile access = profile.Accesses[kernel.Accesses[site]];
            switch (instruction.Opcode)
            {
                case PtxOpcode.Atom or PtxOpcode.Red:
                    atomics.Add(access.Global);
                    sharedAtomics.Add(access.Shared);
                    break;
                case PtxOpcode.St or PtxOpcode.Stmatrix or PtxOpcode.WmmaStoreD:
                    stores.Add(access.Global);
                    sharedStores.Add(access.Shared);
                    break;
                case PtxOpcode.CpAsync:
                    loads.Add(access.Global);
                    sharedStores.Add(access.Shared);
                    break;
                default:
                    loads.Add(access.Global);
                    sharedLoads.Add(access.Shared);
                    break;
            }
        }

        return new()
        {
            WarpInstructions = warps.Sum(),
            LaneInstructions = lanes.Sum(),
            Classes = Enum.GetValues<InstructionClass>().Where(kind => warps[(int)kind] > 0)
            .ToDictionary(kind => kind.ToString(), kind => new ClassCount(warps[(int)kind], lanes[(int)kind])),
            GlobalLoads = GlobalAccess.From(loads),
            GlobalStores = GlobalAccess.From(stores),
            GlobalAtomics = GlobalAccess.From(atomics),
            SharedLoads = SharedAccess.From(sharedLoads),
            SharedStores = SharedAccess.From(sharedStores),
            SharedAtomics = SharedAccess.From(sharedAtomics),
            Barriers = barriers,
            WarpBarriers = warpBarriers,
            Branches = branches,
            DivergentBranches = divergent,
            MatrixInstructions = warps[(int)InstructionClass.Matrix],
            Work = new(single, wide, tf32, half),
        };
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
