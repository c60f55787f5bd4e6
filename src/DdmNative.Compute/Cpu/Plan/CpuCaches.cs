using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The caches that one core uses, from which kernels choose how much they process at a time. Sizes change the speed, never a result.
/// </summary>
/// <param name="FirstLevelBytes">The data cache next to the core.</param>
/// <param name="SecondLevelBytes">The core's second-level cache.</param>
/// <param name="LastLevelBytes">The largest cache, which cores share; at least <paramref name="SecondLevelBytes"/>.</param>
public sealed record CpuCaches(long FirstLevelBytes, long SecondLevelBytes, long LastLevelBytes)
{
    /// <summary>Overrides what the processor says: two or three sizes, such as <c>32K,1M</c> or <c>32K,1M,32M</c>.</summary>
    public const string Variable = "DDM_CPU_CACHES";

    private const long Kibi = 1 << 10, Mebi = 1 << 20;

    /// <summary>Second-level caches that a last-level cache is assumed to hold.</summary>
    private const int UsualCores = 16;

    /// <summary>Leaves of CPUID that list the caches: Intel's, and AMD's of the same form.</summary>
    private const int IntelLeaf = 4;
    private const int AmdLeaf = unchecked((int)0x8000001D);

    private static readonly CpuCaches Usual = new(32 * Kibi, Mebi);

    /// <summary>Caches whose last level is as large as is usual with such a second level.</summary>
    public CpuCaches(long firstLevelBytes, long secondLevelBytes)
        : this(firstLevelBytes, secondLevelBytes, UsualCores * secondLevelBytes)
    {
    }

    /// <summary>What the environment says, or the processor; the usual sizes if neither does.</summary>
    /// <exception cref="FormatException">The value of <see cref="Variable"/> is not valid.</exception>
    public static CpuCaches Read()
        => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? Parse(text) : Ask(IntelLeaf) ?? Ask(AmdLeaf) ?? Usual;

    /// <summary>Two or three sizes separated by commas, each in bytes or with K or M.</summary>
    /// <exception cref="FormatException">The text has another form, or a size is not from 4K to 1024M.</exception>
    public static CpuCaches Parse(string text)
    {
        long?[] sizes = Array.ConvertAll(text.Split(','), Size);
        return sizes switch
        {
            [long first, long second] when first <= second => new CpuCaches(first, second),
            [long first, long second, long last] when first <= second && second <= last => new CpuCaches(first, second, last),
            _ => throw new FormatException(
                $"{Variable}: found '{text}', expected the sizes of the first-level and the second-level cache, such as 32K,1M; "
                + "the size of the last-level cache may follow."),
        };
    }

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

    /// <summary>The data and unified caches of all levels; null if the processor does not list the first two there.</summary>
    private static CpuCaches? Ask(int leaf)
    {
        const int dataCache = 1, unifiedCache = 3;
        if (!X86Base.IsSupported || X86Base.CpuId(leaf & unchecked((int)0x80000000), 0).Eax < leaf)
            return null;
        long first = 0, second = 0, last = 0;
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
                    second = last = bytes;
                    break;
                case (unifiedCache, > 2):
                    last = bytes;
                    break;
            }
        }
        return first > 0 && second >= first ? new CpuCaches(first, second, Math.Max(second, last)) : null;
    }
}
