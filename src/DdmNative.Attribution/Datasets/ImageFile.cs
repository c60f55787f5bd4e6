using DdmNative.Attribution.Formats;
using SkiaSharp;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Reads one image file: PNG and JPEG with Skia, binary PPM and PGM with <see cref="Netpbm"/>. Channels of 16 bits are rounded to 8.
/// </summary>
internal static class ImageFile
{
    public const string Formats = ".png, .jpg, .jpeg, .ppm or .pgm images";

    /// <summary>
    /// The maximum side length: far above what these networks are trained on, and small enough that a damaged header cannot exhaust memory.
    /// </summary>
    public const int LongestSide = 1024;

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".ppm", ".pgm"];

    public static bool HasKnownExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <exception cref="BadInputException">The file cannot be read, is damaged, is not one of these formats, is too large or has
    /// transparent pixels.</exception>
    public static DecodedImage Read(string path)
    {
        byte[] bytes = InputFile.ReadStored(path);
        return Netpbm.Recognises(bytes) ? Netpbm.Read(path, bytes) : Decode(path, bytes);
    }

    /// <summary>Rejects an image size that no dataset has.</summary>
    public static void RequireSize(string path, int width, int height)
    {
        if (width is <= 0 or > LongestSide || height is <= 0 or > LongestSide)
            throw new BadInputException(path, "size", $"{width} × {height}", $"1 to {LongestSide} pixels a side",
                "Resize all images to one smaller size first.");
    }

    /// <summary>The error for a pixel that is not opaque.</summary>
    internal static BadInputException Transparent(string path, int x, int y, byte opacity)
        => new(path, $"pixel {x}, {y}", $"an opacity of {opacity}", "opaque pixels (255)", "Draw the image on a background first.");

    private static DecodedImage Decode(string path, byte[] bytes)
    {
        using SKData data = SKData.CreateCopy(bytes);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg))
            throw new BadInputException(path, "header", codec is null
                ? "an unknown image format"
                    : $"{codec.EncodedFormat}", "a PNG, JPEG, PPM or PGM image", "Convert the file, or download it again.");
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
            throw new BadInputException(path, "pixels", $"{result}", "a complete image", "The file is damaged: download it again.");
        for (int i = 3; i < pixels.Length; i += 4)
            if (pixels[i] != byte.MaxValue)
                throw Transparent(path, i / 4 % width, i / 4 / width, pixels[i]);
        // Skia truncates 16 bits to the upper byte; an image that it could read is decoded again, with rounding.
        return DeepPng.Recognises(bytes) ? DeepPng.Read(path, bytes, width, height)
            : DecodedImage.FromInterleaved(width, height, pixels, bytesPerPixel: 4);
    }
}
