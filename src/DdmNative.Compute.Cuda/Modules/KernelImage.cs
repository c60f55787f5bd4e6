using System.Buffers;
using System.Text;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>A module as the driver loads it: PTX, which it compiles, or a cubin, which ptxas has compiled for one architecture.</summary>
/// <param name="name">The file's name without the ending: <c>convolution_fp32_64x64</c>.</param>
/// <param name="read">Reads the bytes, at each call again: most modules are never loaded.</param>
internal sealed class KernelImage(string name, Func<byte[]> read)
{
    private static readonly SearchValues<byte> Whitespace = SearchValues.Create(" \t\r\n"u8);
    private static readonly SearchValues<byte> EndOfName = SearchValues.Create(" \t\r\n(\0"u8);

    public string Name => name;

    public byte[] Read() => read();

    /// <summary>Whether an image is machine code in an ELF file, not text.</summary>
    public static bool IsCubin(ReadOnlySpan<byte> image) => image.StartsWith("\u007fELF"u8);

    /// <summary>
    /// The names of the kernels in an image. In PTX a kernel is an <c>.entry</c>, in a cubin it has a section of its own,
    /// <c>.text.NAME</c>.
    /// </summary>
    public static IReadOnlySet<string> KernelsIn(ReadOnlySpan<byte> image)
    {
        var kernels = new HashSet<string>(StringComparer.Ordinal);
        bool cubin = IsCubin(image);
        ReadOnlySpan<byte> mark = cubin ? ".text."u8 : ".entry"u8;
        for (int found; (found = image.IndexOf(mark)) >= 0;)
        {
            image = image[(found + mark.Length)..];
            int begin = cubin ? 0 : image.IndexOfAnyExcept(Whitespace);
            if (begin < 0 || (!cubin && begin == 0))
                continue;
            int length = image[begin..].IndexOfAny(EndOfName);
            if (length > 0)
                kernels.Add(Encoding.UTF8.GetString(image.Slice(begin, length)));
        }
        return kernels;
    }
}
