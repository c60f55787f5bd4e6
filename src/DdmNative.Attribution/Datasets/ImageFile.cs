using DdmNative.Attribution.Formats;
using SkiaSharp;

namespace DdmNative.Attribution.Datasets;

/// <summary>Reads one image file: PNG and JPEG through Skia, binary PPM and PGM by <see cref="Netpbm"/>. Channels of 16 bits are rounded to 8.</summary>
internal static class ImageFile
{
    public const string Formats = ".png, .jpg, .jpeg, .ppm or .pgm images";

    /// <summary>The longest side that is read: far beyond what these networks are trained on, and small enough that a damaged header takes no memory.</summary>
    public const int LongestSide = 1024;

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".ppm", ".pgm"];

    public static bool HasKnownExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <exception cref="BadInputException">The file cannot be read, is damaged, is not one of these formats, is too large or has transparent pixels.</exception>
    public static DecodedImage Read(string path)
    {
        byte[] bytes = InputFile.ReadStored(path);
        return Netpbm.Recognises(bytes) ? Netpbm.Read(path, bytes) : Decode(path, bytes);
    }

    /// <summary>Refuses a size that no image of a data set has.</summary>
    public static void RequireSize(string path, int width, int height)
    {
        if (width is <= 0 or > LongestSide || height is <= 0 or > LongestSide)
            throw new BadInputException(path, "size", $"{width} × {height}", $"1 to {LongestSide} pixels a side", "Bring all images to one, smaller size first.");
    }

    /// <summary>The refusal of a pixel that lets a background through.</summary>
    internal static BadInputException Transparent(string path, int x, int y, byte opacity)
        => new(path, $"pixel {x}, {y}", $"an opacity of {opacity}", "opaque pixels (255)", "Lay the image on a background first.");

    private static DecodedImage Decode(string path, byte[] bytes)
    {
        using SKData data = SKData.CreateCopy(bytes);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg))
            throw new BadInputException(path, "header", codec is null ? "no image format" : $"{codec.EncodedFormat}", "a PNG, JPEG, PPM or PGM image", "Convert the file, or fetch it again.");
        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        RequireSize(path, width, height);
        var pixels = new byte[4 * width * height];
        SKCodecResult result;
        unsafe
        {
            fixed (byte* target = pixels)
                result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), (nint)target);
        }
        if (result != SKCodecResult.Success)
            throw new BadInputException(path, "pixels", $"{result}", "a whole image", "The file is damaged: fetch it again.");
        for (int i = 3; i < pixels.Length; i += 4)
            if (pixels[i] != byte.MaxValue)
                throw Transparent(path, i / 4 % width, i / 4 / width, pixels[i]);
        // Skia takes the upper byte of sixteen bits; what it has found whole is decoded once more, and rounded.
        return DeepPng.Recognises(bytes) ? DeepPng.Read(path, bytes, width, height)
            : DecodedImage.OfInterleaved(width, height, pixels, bytesPerPixel: 4);
    }
}
