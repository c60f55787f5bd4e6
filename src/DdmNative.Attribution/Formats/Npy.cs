using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// NumPy's <c>.npy</c> format (numpy.lib.format): magic, version, the length of a header that is a Python dictionary, the elements.
/// Versions 1 to 3 are read, little-endian and in C order; version 1 is written, as by NumPy.
/// </summary>
public static partial class Npy
{
    /// <summary>The number of bytes at the start of a file that contain the header of any supported array.</summary>
    internal const int LongestStart = 12 + ushort.MaxValue;

    /// <summary>More elements than a file of any supported system holds.</summary>
    private const long MostElements = 1L << 60;

    private const string Remedy = "Write the array again with numpy.save or numpy.savez.";

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads one array.</summary>
    /// <exception cref="BadInputException">The file is not such an array, or its type is not supported.</exception>
    public static NpyArray Read(string path) => Parse(path, "array", InputFile.ReadAll(path));

    /// <summary>Writes one array, completely or not at all (<see cref="AtomicFile"/>).</summary>
    public static void Write(string path, NpyArray array) => AtomicFile.Write(path, stream => stream.Write(Format(array)));

    internal static byte[] Format(NpyArray array)
    {
        string axes = string.Join(", ", array.Shape.Select(axis => axis.ToString(CultureInfo.InvariantCulture)));
        string shape = array.Shape.Length == 1 ? $"({axes},)" : $"({axes})";
        string header = $"{{'descr': '{NpyType.Descr(array.Data)}', 'fortran_order': False, 'shape': {shape}, }}";

        // Padded so that the elements start at a multiple of 64, with a newline at the end.
        header = header.PadRight((header.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        byte[] elements = NpyType.ToBytes(array.Data);
        var bytes = new byte[10 + header.Length + elements.Length];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)header.Length);
        Encoding.ASCII.GetBytes(header, bytes.AsSpan(10));
        elements.CopyTo(bytes, 10 + header.Length);
        return bytes;
    }

    /// <param name="file">The file, for messages.</param>
    /// <param name="field">The array's name, for messages.</param>
    /// <param name="bytes">A complete <c>.npy</c> file.</param>
    internal static NpyArray Parse(string file, string field, byte[] bytes)
    {
        NpyHeader header = ParseHeader(file, field, bytes, bytes.Length);
        if (NpyType.ElementSize(header.Descr) is not int size)
            throw new BadInputException(file, $"{field}, dtype", $"'{header.Descr}'", NpyType.Readable, "Convert the array with .astype.");
        if (header.FortranOrder)
            throw new BadInputException(file, $"{field}, order", "Fortran order", "C order", "Write numpy.ascontiguousarray(array).");

        Int128 count = header.Count;
        InputFile.RequireArraySize(file, $"{field}, shape", count);
        if (count * size != bytes.Length - header.Start || (size == 0 && count > bytes.Length))
            throw new BadInputException(file, $"{field}, byte {header.Start} (elements)", $"{bytes.Length - header.Start} bytes",
                $"{count * size} bytes for '{header.Descr}' [{string.Join(", ", header.Shape)}]", Remedy);
        return new NpyArray(NpyType.FromBytes(file, field, header.Descr, (int)count, bytes, header.Start), header.Shape);
    }

    /// <summary>Parses an array's header, without its elements.</summary>
    /// <param name="file">The file, for messages.</param>
    /// <param name="field">The array's name, for messages.</param>
    /// <param name="bytes">The start of a <c>.npy</c> file: all of it, or <see cref="LongestStart"/> bytes.</param>
    /// <param name="length">The length of the complete file, in bytes.</param>
    /// <exception cref="BadInputException">It is not the header of a plain array, or the number of elements is too large for any
    /// file.</exception>
    internal static NpyHeader ParseHeader(string file, string field, byte[] bytes, long length)
    {
        (string header, int start) = Header(file, field, bytes, length);
        Match match = HeaderPattern().Match(header);
        if (!match.Success)
            throw new BadInputException(file, $"{field}, header", $"'{header.Trim()}'",
                "a dictionary of descr, fortran_order and shape of a plain array",
                Remedy);
        int[] shape = Shape(file, field, match.Groups["shape"].Value);
        Int128 count = 1;
        foreach (int axis in shape)
        {
            count *= axis;
            if (count > MostElements)
                throw new BadInputException(file, $"{field}, shape", $"{count} elements or more", $"at most {MostElements}", Remedy);
        }

        return new NpyHeader(match.Groups["descr"].Value, match.Groups["order"].Value == "True", shape, start);
    }

    private static (string Header, int Start) Header(string file, string field, byte[] bytes, long whole)
    {
        if (bytes.Length < 10 || !bytes.AsSpan().StartsWith(Magic))
            throw new BadInputException(file, $"{field}, byte 0 (magic)", Convert.ToHexString(bytes.AsSpan(0, Math.Min(6, bytes.Length))),
                "934E554D5059, NumPy's magic", Remedy);
        int version = bytes[6];
        if (version is < 1 or > 3)
            throw new BadInputException(file, $"{field}, byte 6 (version)", $"{version}", "1, 2 or 3", Remedy);
        int start = version == 1 ? 10 : 12;
        uint length = 0;
        if (bytes.Length >= start)
            length = version == 1
                ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8))
                : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8));
        if (length == 0 || length > whole - start)
            throw new BadInputException(file, $"{field}, byte 8 (header length)", $"{length}",
                $"1 to {whole - start}, what the file can hold", Remedy);
        if (length > bytes.Length - start)
            throw new BadInputException(file, $"{field}, byte 8 (header length)", $"{length}",
                $"at most {bytes.Length - start}, enough for a plain array", Remedy);
        Encoding encoding = version == 3 ? Encoding.UTF8 : Encoding.Latin1;
        return (encoding.GetString(bytes, start, (int)length), start + (int)length);
    }

    private static int[] Shape(string file, string field, string text)
    {
        string[] axes = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var shape = new int[axes.Length];
        for (int i = 0; i < axes.Length; i++)
        {
            if (!int.TryParse(axes[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]))
                throw new BadInputException(file, $"{field}, shape", $"({text})", "whole numbers below 2147483648", Remedy);
        }

        return shape;
    }

    // All common writers put the keys in this order; spaces and the last comma vary.
    [GeneratedRegex(
        @"\A\{ *'descr' *: *'(?<descr>[^']*)' *, *'fortran_order' *: *(?<order>True|False) *, *'shape' *: *"
        + @"\((?<shape>[0-9, ]*)\) *,? *\}\s*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex HeaderPattern();
}
