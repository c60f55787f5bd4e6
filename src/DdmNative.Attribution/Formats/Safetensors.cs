using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Safetensors files (github.com/huggingface/safetensors): 8 bytes of little-endian header length, a JSON header with every tensor's dtype,
/// shape and byte range, then the data without gaps. float32, int32 and int64 are written; F16, BF16 and F64 are also read, and become
/// float32. NaN and infinity are rejected in both directions: no valid model or synset contains them.
/// </summary>
public static class Safetensors
{
    /// <summary>Writes a file, completely or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="tensors">Floating-point tensors.</param>
    /// <param name="integers">Integer tensors.</param>
    /// <param name="metadata">Text entries for <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, a shape does not fit its data, or a value is not finite or out
    /// of range.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyList<NamedIntegers>? integers = null,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);

        // Eight-byte elements first, so that every tensor is aligned to its element size.
        List<StoredTensor> stored = [.. (integers ?? []).Select(StoredTensor.From), .. tensors.Select(StoredTensor.From)];
        stored = [.. stored.OrderByDescending(t => t.ElementSize)];
        var names = new HashSet<string> { SafetensorsHeader.MetadataKey };
        foreach (StoredTensor tensor in stored)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"Two tensors are named '{tensor.Name}', or the name is reserved.", nameof(tensors));
        }

        byte[] header = SafetensorsHeader.Format(stored, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (StoredTensor tensor in stored)
                stream.Write(tensor.Bytes);
        });
    }

    /// <summary>Reads and checks a complete file.</summary>
    /// <exception cref="BadInputException">The file is invalid: lengths, overlaps, gaps, dtypes, shapes, or values that are not
    /// finite.</exception>
    public static SafetensorsContents Read(string path) => Read(path, _ => true);

    /// <summary>Reads and checks a file, except for some of its tensors, which may have any type and content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isRead">Whether the tensor with a name is read.</param>
    /// <exception cref="BadInputException">As for <see cref="Read(string)"/>.</exception>
    internal static SafetensorsContents Read(string path, Func<string, bool> isRead)
    {
        byte[] bytes = InputFile.ReadAll(path);
        (List<SafetensorsEntry> entries, Dictionary<string, string> metadata, int dataStart) = SafetensorsHeader.Parse(path, bytes, isRead);
        var tensors = new List<NamedTensor>();
        var integers = new List<NamedIntegers>();
        foreach (SafetensorsEntry entry in entries.Where(entry => isRead(entry.Name)))
        {
            ReadOnlySpan<byte> data = bytes.AsSpan(dataStart + (int)entry.Begin, (int)(entry.End - entry.Begin));
            if (entry.DType is "I32" or "I64")
                integers.Add(new NamedIntegers(entry.Name, entry.Shape, ReadIntegers(data, entry.DType), entry.DType == "I32" ? 32 : 64));
            else
                tensors.Add(new NamedTensor(entry.Name, entry.Shape, ReadFloats(path, entry, data)));
        }

        return new SafetensorsContents(path, tensors, integers,
            metadata) { Unread = [.. entries.Select(entry => entry.Name).Where(name => !isRead(name))] };
    }

    private static long[] ReadIntegers(ReadOnlySpan<byte> data, string dtype)
    {
        if (dtype == "I64")
            return MemoryMarshal.Cast<byte, long>(data).ToArray();
        ReadOnlySpan<int> narrow = MemoryMarshal.Cast<byte, int>(data);
        var wide = new long[narrow.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = narrow[i];
        return wide;
    }

    private static float[] ReadFloats(string path, SafetensorsEntry entry, ReadOnlySpan<byte> data)
    {
        var values = new float[data.Length / SafetensorsHeader.ElementSize(entry.DType)];
        switch (entry.DType)
        {
            case "F32":
                MemoryMarshal.Cast<byte, float>(data).CopyTo(values);
                break;
            case "F64":
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(data);
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)doubles[i];
                break;
            case "F16":
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(data);
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)halves[i];
                break;
            default: // BF16: the upper half of a float32
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(data);
                for (int i = 0; i < values.Length; i++)
                    values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                break;
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new BadInputException(path, $"{entry.Name}[{i}] (flat index)", $"{values[i]} in float32", "a finite number",
                    "The model diverged or the file is damaged: train or export it again.");
        }

        return values;
    }
}
