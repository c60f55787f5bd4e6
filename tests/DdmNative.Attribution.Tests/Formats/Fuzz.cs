using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using Xunit;
using Xunit.Sdk;

namespace DdmNative.Attribution.Tests.Formats;

/// <summary>
/// Mutates a good file a couple of thousand times: every reader must take the result or refuse it with <see cref="BadInputException"/>,
/// and take no memory that the file does not justify. The failing seed is printed and reproduces the file alone.
/// </summary>
internal static class Fuzz
{
    private const ulong Mutations = 2000;
    private const long MostAllocated = 32 << 20;

    /// <param name="good">A file that is read without error.</param>
    /// <param name="read">Reads a mutated file and checks what came out of it.</param>
    public static void Run(byte[] good, Action<byte[]> read)
    {
        read(good);
        int refused = 0;
        for (ulong seed = 0; seed < Mutations; seed++)
        {
            byte[] bad = Mutate(good, seed);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(bad);
            }
            catch (BadInputException)
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new XunitException($"Mutation with seed {seed} ({bad.Length} bytes) was neither read nor refused: {e}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > MostAllocated)
                throw new XunitException($"Mutation with seed {seed} ({bad.Length} bytes) made the reader allocate {allocated} bytes.");
        }

        Assert.True(refused > 100, $"Only {refused} mutations were refused: they do not reach what the reader checks.");
    }

    private static byte[] Mutate(byte[] good, ulong seed)
    {
        var random = new SeededOrder(seed);
        List<byte> bytes = [.. good];
        for (int times = 1 + random.Below(3); times > 0 && bytes.Count > 0; times--)
        {
            // Half of the time near the start, where headers are, and now and then at the end, where zips have theirs.
            int region = random.Below(4);
            int at = region < 2 ? random.Below(Math.Min(bytes.Count, 96)) : region == 2 ? bytes.Count - 1 - random.Below(Math.Min(bytes.Count,
                160)) : random.Below(bytes.Count);
            switch (random.Below(6))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1:
                    bytes.InsertRange(at, Enumerable.Range(0, 1 + random.Below(8)).Select(_ => (byte)random.NextBits()));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(1 + random.Below(8), bytes.Count - at));
                    break;
                case 3:
                    bytes[at] = random.Below(2) == 0 ? (byte)0xFF : (byte)0x7F;
                    break;
                case 4:
                    bytes[at] = (byte)random.NextBits();
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Below(8));
                    break;
            }
        }

        return [.. bytes];
    }
}
