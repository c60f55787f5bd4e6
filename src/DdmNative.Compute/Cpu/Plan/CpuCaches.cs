using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The caches of one core, from which kernels choose how much they process at a time. Sizes change the speed, never a result.
/// </summary>
/// <param name="FirstLevelBytes">The data cache next to the core.</param>
/// <param name="SecondLevelBytes">The core's second-level cache.</param>
public sealed record CpuCaches(long FirstLevelBytes, long SecondLevelBytes)
{
    /// <summary>Overrides what the processor says: two sizes, such as <c>32K,1M</c>.</summary>
    public const string Variable = "DDM_CPU_CACHES";

    private const long Kibi = 1 << 10, Mebi = 1 << 20;

    /// <summary>Leaves of CPUID that list the caches: Intel's, and AMD's of the same form.</summary>
    private const int IntelLeaf = 4;
    private const int AmdLeaf = unchecked((int)0x8000001D);

    private static readonly CpuCaches Usual = new(32 * Kibi, Mebi);

    /// <summary>What the environment says, or the processor; the usual sizes if neither does.</summary>
    /// <exception cref="FormatException">The value of <see cref="Variable"/> is not valid.</exception>
    public static CpuCaches Read()
        => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? Parse(text) : Ask(IntelLeaf) ?? Ask(AmdLeaf) ?? Usual;

    /// <summary>Two sizes separated by a comma, each in bytes or with K or M.</summary>
    /// <exception cref="FormatException">The text has another form, or a size is not from 4K to 1024M.</exception>
    public static CpuCaches Parse(string text)
        => text.Split(',') is [string first, string second] && Size(first) is long firstLevel && Size(second) is long secondLevel
            && firstLevel <= secondLevel
            ? new CpuCaches(firstLevel, secondLevel)
            : throw new FormatException(
                $"{Variable}: found '{text}', expected the sizes of the first-level and the second-level cache, such as 32K,1M.");

    private static long? Size(string text)
    {
        (string digits, long unit) = text.Trim() switch
        {
            [.. string rest, 'K' or 'k'] => (rest, Kibi),
            [.. string rest, 'M' or 'm'] => (rest, Mebi),
            string whole => (whole, 1),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && count <= 1024 * Mebi / unit && count * unit >= 4 * Kibi ? count * unit : null;
    }

    /// <summary>The data and unified caches of levels one and two; null if the processor does not list them there.</summary>
    private static CpuCaches? Ask(int leaf)
    {
        const int dataCache = 1, unifiedCache = 3;
        if (!X86Base.IsSupported || X86Base.CpuId(leaf & unchecked((int)0x80000000), 0).Eax < leaf)
            return null;
        long first = 0, second = 0;
        for (int index = 0; index < 16; index++)
        {
            (int eax, int ebx, int ecx, _) = X86Base.CpuId(leaf, index);
            if ((eax & 0x1F) == 0)
                break;
            long bytes = ((long)(uint)ebx >> 22) + 1;
            bytes *= ((ebx >> 12) & 0x3FF) + 1;
            bytes *= (ebx & 0xFFF) + 1;
            bytes *= (long)(uint)ecx + 1;
            switch (eax & 0x1F, (eax >> 5) & 7)
            {
                case (dataCache, 1):
                    first = bytes;
                    break;
                case (dataCache or unifiedCache, 2):
                    second = bytes;
                    break;
            }
        }
        return first > 0 && second >= first ? new CpuCaches(first, second) : null;
    }
}
