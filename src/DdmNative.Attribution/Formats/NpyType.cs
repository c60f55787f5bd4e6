using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// NumPy's dtype strings (<c>&lt;f4</c>, <c>|u1</c>, <c>&lt;U12</c>) and the bytes of their elements, little-endian as on all supported
/// machines. A text has a fixed number of UTF-32 code points, padded with zeros.
/// </summary>
internal static class NpyType
{
    public const string Readable = "one of |b1, <f2, <f4, <f8, |i1, |u1, <i2, <u2, <i4, <u4, <i8, <u8, <U…";

    /// <summary>float16, which is read as float32 and never written.</summary>
    public const string Half = "<f2";

    public static bool IsSupported(Array data)
        => data is string[] || (data.Rank == 1 && NumericCode(data.GetType().GetElementType()!) is not null);

    /// <summary>The dtype string of an array for writing.</summary>
    public static string Descr(Array data) => data is string[] texts
        ? string.Create(CultureInfo.InvariantCulture, $"<U{TextLength(texts)}")
        : NumericCode(data.GetType().GetElementType()!)!;

    /// <summary>Bytes of one element, or null for an unsupported dtype. The length of a text is limited by the size of a file.</summary>
    public static int? ElementSize(string descr)
    {
        if (descr.StartsWith("<U", StringComparison.Ordinal))
        {
            bool valid = int.TryParse(descr.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int points);
            return valid && points <= Array.MaxLength / 4 ? 4 * points : null;
        }

        return descr == Half ? sizeof(ushort) : NumericType(descr) is null ? null : descr[2] - '0';
    }

    /// <summary>The bytes of an array's elements.</summary>
    public static byte[] ToBytes(Array data)
    {
        if (data is string[] texts)
            return TextBytes(texts);
        var bytes = new byte[Buffer.ByteLength(data)];
        Buffer.BlockCopy(data, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    /// <summary>Converts exactly the bytes of <paramref name="count"/> elements.</summary>
    /// <exception cref="BadInputException">A text contains invalid Unicode.</exception>
    public static Array FromBytes(string file, string field, string descr, int count, byte[] bytes, int offset)
    {
        if (descr.StartsWith("<U", StringComparison.Ordinal))
            return Texts(file, field, bytes.AsSpan(offset), count, ElementSize(descr)!.Value);
        if (descr == Half)
        {
            var floats = new float[count];
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, System.Half>(bytes.AsSpan(offset, sizeof(ushort) * count)), floats);
            return floats;
        }

        var data = Array.CreateInstance(NumericType(descr)!, count);
        Buffer.BlockCopy(bytes, offset, data, 0, Buffer.ByteLength(data));
        return data;
    }

    private static string? NumericCode(Type element) => Type.GetTypeCode(element) switch
    {
        TypeCode.Boolean => "|b1",
        TypeCode.Single => "<f4",
        TypeCode.Double => "<f8",
        TypeCode.SByte => "|i1",
        TypeCode.Byte => "|u1",
        TypeCode.Int16 => "<i2",
        TypeCode.UInt16 => "<u2",
        TypeCode.Int32 => "<i4",
        TypeCode.UInt32 => "<u4",
        TypeCode.Int64 => "<i8",
        TypeCode.UInt64 => "<u8",
        _ => null,
    };

    private static Type? NumericType(string descr) => descr switch
    {
        "|b1" => typeof(bool),
        "<f4" => typeof(float),
        "<f8" => typeof(double),
        "|i1" => typeof(sbyte),
        "|u1" => typeof(byte),
        "<i2" => typeof(short),
        "<u2" => typeof(ushort),
        "<i4" => typeof(int),
        "<u4" => typeof(uint),
        "<i8" => typeof(long),
        "<u8" => typeof(ulong),
        _ => null,
    };

    // NumPy writes <U1 for an array of empty texts; we do the same.
    private static int TextLength(string[] texts) => texts.Select(text => text.EnumerateRunes().Count()).Append(1).Max();

    private static byte[] TextBytes(string[] texts)
    {
        int size = 4 * TextLength(texts);
        var bytes = new byte[texts.Length * size];
        for (int i = 0; i < texts.Length; i++)
        {
            Span<byte> element = bytes.AsSpan(i * size, size);
            foreach (Rune rune in texts[i].EnumerateRunes())
            {
                BinaryPrimitives.WriteInt32LittleEndian(element, rune.Value);
                element = element[4..];
            }
        }

        return bytes;
    }

    private static string[] Texts(string file, string field, ReadOnlySpan<byte> bytes, int count, int size)
    {
        var texts = new string[count];
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<uint> points = MemoryMarshal.Cast<byte, uint>(bytes.Slice(i * size, size)).TrimEnd(0u);
            text.Clear();
            foreach (uint point in points)
            {
                if (!Rune.IsValid(point))
                    throw new BadInputException(file, $"{field}[{i}]", $"code point 0x{point:X}", "Unicode text",
                        "The file is damaged: write it again.");
                text.Append(new Rune(point).ToString());
            }

            texts[i] = text.ToString();
        }

        return texts;
    }
}
