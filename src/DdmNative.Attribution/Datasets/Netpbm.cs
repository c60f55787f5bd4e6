using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads binary PPM (P6) and PGM (P5) images (netpbm.sourceforge.net/doc/ppm.html): the magic number, then width, height and the largest
/// value as digits, separated by white space and comments; one white-space character; then the pixels, one byte per channel.
/// </summary>
internal static class Netpbm
{
    public static bool Recognises(ReadOnlySpan<byte> bytes) => bytes is [(byte)'P', (byte)'5' or (byte)'6', ..];

    /// <exception cref="BadInputException">The header is malformed, values have more than one byte, or the number of pixels is
    /// wrong.</exception>
    public static DecodedImage Read(string path, ReadOnlySpan<byte> bytes)
    {
        bool colour = bytes[1] == '6';
        int at = 2;
        int width = Number(path, bytes, ref at, "width"), height = Number(path, bytes, ref at, "height"),
            largest = Number(path, bytes, ref at, "largest value");
        ImageFile.RequireSize(path, width, height);
        if (largest != byte.MaxValue)
            throw new BadInputException(path, "largest value", $"{largest}", "255", "Store the image with one byte per channel.");
        at++;
        int expected = width * height * (colour ? 3 : 1);
        if (bytes.Length - at != expected)
            throw new BadInputException(path, $"byte {at} (pixels)", $"{Math.Max(0, bytes.Length - at)} bytes", $"{expected}",
                "The file is truncated or contains more than one image: download it again.");
        ReadOnlySpan<byte> pixels = bytes[at..];
        if (colour)
            return DecodedImage.FromInterleaved(width, height, pixels, bytesPerPixel: 3);
        var planes = new byte[3 * expected];
        for (int c = 0; c < 3; c++)
            pixels.CopyTo(planes.AsSpan(c * expected));
        return new DecodedImage(width, height, planes);
    }

    private static int Number(string path, ReadOnlySpan<byte> bytes, ref int at, string field)
    {
        while (at < bytes.Length && (char.IsWhiteSpace((char)bytes[at]) || bytes[at] == '#'))
        {
            if (bytes[at] == '#')
                while (at < bytes.Length && bytes[at] != '\n')
                    at++;
            else
                at++;
        }
        int start = at, value = 0;
        while (at < bytes.Length && char.IsAsciiDigit((char)bytes[at]) && at - start < 6)
            value = value * 10 + bytes[at++] - '0';
        if (at == start || at >= bytes.Length || !char.IsWhiteSpace((char)bytes[at]))
            throw new BadInputException(path, $"byte {start} ({field})", "no number and white space", "a number of up to six digits",
                "The file is damaged: download it again.");
        return value;
    }
}
