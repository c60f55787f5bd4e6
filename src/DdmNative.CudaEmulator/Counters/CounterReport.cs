using System.Text.Json;
using System.Text.Json.Serialization;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>
/// One launch: blocks of the grid and threads of the block in x, y and z; least bytes are 32 for each different sector loaded and for each
/// stored.
/// </summary>
public sealed record LaunchCounters(string Kernel, IReadOnlyList<uint> Grid, IReadOnlyList<uint> Block, int DynamicSharedBytes,
    CounterTotals Totals, CounterTotals? MainLoop, long LeastBytes);

/// <summary>
/// The innermost loop that executed most lane instructions, with its lines of PTX; source is the file and line of its first instruction,
/// null if the PTX has none.
/// </summary>
public sealed record MainLoopCounters(int FirstLine, int LastLine, string? Source, CounterTotals Totals);

/// <summary>
/// The cost of one instruction that made requests to memory or made a warp diverge: the places where a kernel falls short. Line is that of
/// the PTX; source is file and line, null if the PTX has none; global and shared are null if it made no such request.
/// </summary>
public sealed record LineCounters(int Line, string Instruction, string? Source, GlobalAccess? Global, SharedAccess? Shared,
    long DivergentBranches);

/// <summary>
/// A kernel, summed over all its launches. Instructions are those of its text and of the functions that it may call; the main loop is null
/// if it has none or none was entered; least bytes are summed over the launches; arithmetic intensity is in floating-point operations per
/// byte of that least traffic. The speed is that of the emulator on this machine: unlike everything else, it differs between runs. Lines
/// are in the order of the PTX.
/// </summary>
public sealed record KernelCounters(
    string Name, int Launches, int Instructions, CounterTotals Totals, MainLoopCounters? MainLoop, long LeastBytes,
    double ArithmeticIntensity, IReadOnlyList<Roofline> Rooflines, EmulationSpeed Speed,
    IReadOnlyList<LineCounters> Lines)
{
    /// <summary>Bytes of all global requests divided by the least possible; 1 if there were none.</summary>
    public double MovedOverLeast => LeastBytes == 0 ? 1 : (double)Totals.MovedBytes / LeastBytes;
}

/// <summary>The emulator's speed: lane instructions that it executed, and the seconds from the start of each launch to its end.</summary>
public sealed record EmulationSpeed(long LaneInstructions, double Seconds)
{
    public double LaneInstructionsPerSecond => Seconds > 0 ? LaneInstructions / Seconds : 0;
}

/// <summary>
/// The file that <c>DDM_CUDA_EMULATOR_REPORT</c> names. The device's name says that it is an emulator: these are counts, not times.
/// Launches are in order; those beyond the maximum number that is kept are left out.
/// </summary>
public sealed record CounterFile(string Device, EmulationSpeed Speed, IReadOnlyList<KernelCounters> Kernels,
    IReadOnlyList<LaunchCounters> Launches, long LaunchesLeftOut);

/// <summary>Collects the counters of all launches on a device. Safe to use from several host threads.</summary>
public sealed class CounterReport
{
    /// <summary>The emulator's device name.</summary>
    public const string Device = "DdmNative CUDA emulator";

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, int Code, int Length), Collected> _kernels = [];
    private readonly List<LaunchCounters> _launches = [];
    private readonly int _keptLaunches;
    private long _launchesLeftOut;

    /// <param name="keptLaunches">How many individual launches to remember; kernels are always counted.</param>
    public CounterReport(int keptLaunches = 0) => this._keptLaunches = keptLaunches;

    /// <summary>Adds a launch that has ended and took <paramref name="seconds"/>.</summary>
    internal void Add(KernelProfile profile, (uint X, uint Y, uint Z) grid, (uint X, uint Y, uint Z) block, int dynamicSharedBytes,
        double seconds)
    {
        KernelSites sites = profile.Sites;
        long leastBytes = SectorCounter.SectorBytes * (profile.Loaded.Count + profile.Stored.Count);
        lock (_lock)
        {
            (string, int, int) key = (sites.Name, sites.Code, sites.Instructions.Count);
            if (!_kernels.TryGetValue(key, out Collected? collected))
                _kernels.Add(key, collected = new(new KernelProfile(sites)));
            collected.Profile.Add(profile);
            // The union of different launches is not meaningful; their footprints are summed below.
            collected.Profile.Loaded.Clear();
            collected.Profile.Stored.Clear();
            collected.Launches++;
            collected.LeastBytes += leastBytes;
            collected.Seconds += seconds;
            if (_launches.Count < _keptLaunches)
                _launches.Add(new(
                    sites.Name, [grid.X, grid.Y, grid.Z], [block.X, block.Y, block.Z], dynamicSharedBytes,
                    CounterTotals.Compute(profile), MainLoop(profile)?.Totals, leastBytes));
            else
                _launchesLeftOut++;
        }
    }

    /// <summary>All kernels launched so far, by name.</summary>
    public IReadOnlyList<KernelCounters> Kernels
    {
        get
        {
            lock (_lock)
                return [.. _kernels.Values.Select(collected => collected.Sum()).OrderBy(kernel => kernel.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>The totals of all launches so far.</summary>
    public EmulationSpeed Speed => Sum(Kernels);

    /// <summary>Individual launches in order, as many as are kept.</summary>
    public IReadOnlyList<LaunchCounters> Launches
    {
        get
        {
            lock (_lock)
                return [.. _launches];
        }
    }

    /// <summary>Clears all counters.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _kernels.Clear();
            _launches.Clear();
            _launchesLeftOut = 0;
        }
    }

    /// <summary>The report as JSON.</summary>
    public string ToJson()
    {
        IReadOnlyList<KernelCounters> all = Kernels;
        return JsonSerializer.Serialize(new CounterFile(Device, Sum(all), all, Launches, _launchesLeftOut),
            CounterJson.Default.CounterFile);
    }

    /// <summary>Writes the report to a temporary file in the same folder and renames it, so that the file is never incomplete.</summary>
    public void Write(string path)
    {
        // A new file with a random name, so that a link that someone else created is not followed.
        string temporary = Path.Combine(Path.GetDirectoryName(path) ?? "", Path.GetRandomFileName() + ".tmp");
        using (var file = new StreamWriter(new FileStream(temporary, FileMode.CreateNew)))
            file.Write(ToJson());
        File.Move(temporary, path, overwrite: true);
    }

    private static EmulationSpeed Sum(IReadOnlyList<KernelCounters> kernels)
        => new(kernels.Sum(kernel => kernel.Speed.LaneInstructions), kernels.Sum(kernel => kernel.Speed.Seconds));

    private static MainLoopCounters? MainLoop(KernelProfile profile)
    {
        KernelSites sites = profile.Sites;
        NaturalLoop? main = sites.Loops.Where(loop => loop.IsInnermost).MaxBy(loop => loop.Instructions.Sum(site => profile.Lanes[site]));
        if (main is null || profile.Warps[main.Header] == 0)
            return null;
        IEnumerable<int> lines = main.Instructions.Select(site => sites.Instructions[site].Line);
        string? source = main.Instructions.Select(site => Source(sites, site)).FirstOrDefault(place => place is not null);
        return new(lines.Min(), lines.Max(), source, CounterTotals.Compute(profile, main.Instructions));
    }

    private static List<LineCounters> Lines(KernelProfile profile)
    {
        KernelSites sites = profile.Sites;
        List<LineCounters> lines = [];
        for (int site = 0; site < sites.Instructions.Count; site++)
        {
            AccessProfile? access = sites.Accesses[site] < 0 ? null : profile.Accesses[sites.Accesses[site]];
            GlobalAccess? global = access is { Global.Requests: > 0 } ? GlobalAccess.From(access.Global) : null;
            SharedAccess? shared = access is { Shared.Requests: > 0 } ? SharedAccess.From(access.Shared) : null;
            if (global is not null || shared is not null || profile.Divergences[site] > 0)
                lines.Add(new(sites.Instructions[site].Line, sites.Instructions[site].Text, Source(sites, site), global, shared,
                    profile.Divergences[site]));
        }

        return lines;
    }

    private static string? Source(KernelSites sites, int site)
    {
        Ptx.PtxSourceLocation source = sites.Instructions[site].Source;
        return source.IsKnown && sites.SourceFiles.TryGetValue(source.File, out string? file) ? $"{file}:{source.Line}" : null;
    }

    private sealed class Collected(KernelProfile profile)
    {
        public KernelProfile Profile { get; } = profile;
        public int Launches { get; set; }
        public long LeastBytes { get; set; }
        public double Seconds { get; set; }

        public KernelCounters Sum()
        {
            CounterTotals totals = CounterTotals.Compute(Profile);
            return new(
                Profile.Sites.Name, Launches, Profile.Sites.Instructions.Count, totals, MainLoop(Profile), LeastBytes,
                LeastBytes == 0 ? 0 : (double)totals.Work.Total / LeastBytes,
                [.. GpuDataSheet.Known.Select(gpu => Roofline.Compute(gpu, totals, LeastBytes))],
                new(totals.LaneInstructions, Seconds), Lines(Profile));
        }
    }
}

/// <summary>Serialisation without reflection, which native AOT needs.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CounterFile))]
internal sealed partial class CounterJson : JsonSerializerContext;
