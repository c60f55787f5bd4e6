using System.Numerics.Tensors;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads features of any model, an array [N, D] of float32 or float16 in an <c>.npz</c> file. An array that is stored as it is
/// (<c>numpy.savez</c>) stays in the file, however large it is, and its rows are read where they are needed. A compressed one
/// (<c>numpy.savez_compressed</c>) has no rows that could be found: it is unpacked in memory, in its own type, and refused if it is large.
/// </summary>
internal static class NpzFeatures
{
    /// <summary>The maximum size of a compressed array, unpacked.</summary>
    public const long LargestCompressed = 1L << 30;

    /// <summary>Sample numbers are float32 on the devices (<see cref="Compute.Contracts.Gather"/>).</summary>
    private const int MostRows = (1 << 24) - 1;

    private const int MostColumns = 1 << 20;
    private const int Piece = 1 << 20;

    /// <summary>Checks an array's type and shape, before any element is read.</summary>
    /// <exception cref="BadInputException">There is no such array, or it is not one of features.</exception>
    public static NpyHeader Require(string path, NpzFile file, string name)
    {
        NpyHeader header = file.Header(name);
        if (header.Shape.Length != 2 || header.Shape.Contains(0))
            throw new BadInputException(path, $"{name}, shape", header.ShapeText, "[N, D], neither of them 0", $"Reshape {name}.");
        if (header.Shape[0] > MostRows || header.Shape[1] > MostColumns)
            throw new BadInputException(path, $"{name}, shape", header.ShapeText, $"at most {MostRows} rows of {MostColumns} features",
                "Use a part of the data.");
        if (!RowType.Names.Contains(header.Descr))
            throw new BadInputException(path, $"{name}, shape and dtype", $"{header.ShapeText} of '{header.Descr}'",
                "[N, D] of float32 or float16, features, or [N, C, H, W] or [N, H, W], images",
                $"Save features as {name}.astype(numpy.float32); give images their axes.");
        if (header.FortranOrder)
            throw new BadInputException(path, $"{name}, order", "Fortran order", "C order", $"Save numpy.ascontiguousarray({name}).");
        return header;
    }

    /// <summary>
    /// The rows of an array, after one pass through all of it: its checksum is that of the file, and every value is finite.
    /// </summary>
    /// <exception cref="BadInputException">The array is damaged or not one of features, a value is not finite, or it is compressed and
    /// large.</exception>
    public static SampleRows Read(string path, NpzFile file, string name)
    {
        NpyHeader header = Require(path, file, name);
        (int rows, int columns, int size) = (header.Shape[0], header.Shape[1], NpyType.ElementSize(header.Descr)!.Value);
        long? place = file.PlaceOfElements(name);
        long length = header.Count * size;
        if (place is null && length > LargestCompressed)
            throw new BadInputException(path, name, $"{length >> 20} MiB of compressed features",
                $"at most {LargestCompressed >> 20} MiB, or an array that is not compressed",
                "Save with numpy.savez in place of numpy.savez_compressed: its rows can be read one by one.");
        byte[]? unpacked = place is null ? new byte[length] : null;
        var values = new float[Piece / size];
        file.Scan(name, Piece, (bytes, count, position) =>
        {
            Span<float> piece = values.AsSpan(0, count / size);
            RowType.ToFloats(header.Descr, bytes.AsSpan(0, count), piece);
            RequireFinite(path, name, piece, position / size, columns);
            if (unpacked is not null)
                bytes.AsSpan(0, count).CopyTo(unpacked.AsSpan((int)position));
        });
        return place is long start
            ? new FileRows(path, start, header.Descr, rows, columns) : new PackedRows(unpacked!, header.Descr, rows, columns);
    }

    private static void RequireFinite(string path, string name, ReadOnlySpan<float> values, long first, int columns)
    {
        if (TensorPrimitives.IsFiniteAll(values))
            return;
        int bad = 0;
        while (float.IsFinite(values[bad]))
            bad++;
        long element = first + bad;
        throw new BadInputException(path, $"{name}[{element / columns}, {element % columns}]", $"{values[bad]}", "a finite number",
            "Repair or remove the row.");
    }
}
