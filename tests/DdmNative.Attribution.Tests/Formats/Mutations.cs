using System.Buffers.Binary;
using DdmNative.Tests;

namespace DdmNative.Attribution.Tests.Formats;

/// <summary>
/// Damage to a file, by a seed: cut off, bytes put in, taken out, flipped or overwritten, a number blown up, a part doubled, up to three of
/// these at once. Half of the time near the start, where headers are, and now and then at the end, where zips have theirs.
/// </summary>
internal static class Mutations
{
    /// <summary>How many damaged files each reader is given: <c>DDMTEST_MUTATIONS</c>, or what the sweep of the tests asks for.</summary>
    public static int Count { get; } = TestScale.Number("DDMTEST_MUTATIONS", TestScale.Cases(10_000));

    private static readonly ulong[] Large = [0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF,
        0x8000000000000000, 0xFFFFFFFFFFFFFFFF];

    /// <summary>The damaged file.</summary>
    public static byte[] Of(byte[] good, int seed)
    {
        var random = new Random(seed);
        List<byte> bytes = [.. good];
        for (int times = 1 + random.Next(3); times > 0 && bytes.Count > 0; times--)
            Damage(bytes, random);
        return [.. bytes];
    }

    private static void Damage(List<byte> bytes, Random random)
    {
        int region = random.Next(4);
        int at = region < 2 ? random.Next(Math.Min(bytes.Count, 96)) : region == 2
            ? bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 160)) : random.Next(bytes.Count);
        switch (random.Next(9))
        {
            case 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 1:
                bytes.InsertRange(at, Enumerable.Range(0, 1 + random.Next(8)).Select(_ => (byte)random.Next(256)));
                break;
            case 2:
                bytes.RemoveRange(at, Math.Min(1 + random.Next(8), bytes.Count - at));
                break;
            case 3:
                bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0x7F;
                break;
            case 4:
                bytes[at] = (byte)random.Next(256);
                break;
            case 5:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 6:
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, Math.Min(1 + random.Next(256), bytes.Count - at)));
                break;
            case 7:
                BlowUp(bytes, at, random);
                break;
            default:
                BlowUpDigits(bytes, at, random);
                break;
        }
    }

    /// <summary>A number of two, four or eight bytes, in either order, becomes a large one.</summary>
    private static void BlowUp(List<byte> bytes, int at, Random random)
    {
        var number = new byte[8];
        ulong value = Large[random.Next(Large.Length)];
        int width = 2 << random.Next(3);
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(number, value << (8 * (8 - width)));
        for (int i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = number[i];
    }

    /// <summary>The next number in digits becomes a large one, negative or broken.</summary>
    private static void BlowUpDigits(List<byte> bytes, int at, Random random)
    {
        int from = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (from < 0)
            return;
        int to = from;
        while (to < bytes.Count && bytes[to] is >= (byte)'0' and <= (byte)'9')
            to++;
        string[] others = ["2147483647", "4294967296", "9223372036854775808", "99999999999999999999999", "-1", "0", "1e999", "0.5", "NaN"];
        bytes.RemoveRange(from, to - from);
        bytes.InsertRange(from, others[random.Next(others.Length)].Select(c => (byte)c));
    }
}
