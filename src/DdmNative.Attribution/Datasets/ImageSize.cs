using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>Limits for the sizes in a header: larger sizes are rejected before unpacking.</summary>
internal static class ImageSize
{
    private const int MostPixels = ImageFile.LongestSide * ImageFile.LongestSide;

    /// <exception cref="BadInputException">An image has more pixels than any dataset's.</exception>
    public static void Require(string path, string field, int height, int width)
    {
        if ((long)height * width > MostPixels)
            throw new BadInputException(path, field, $"images of {height} × {width}",
                $"at most {MostPixels} pixels per image ({ImageFile.LongestSide} × {ImageFile.LongestSide})",
                "Resize all images to a smaller size first.");
    }

    /// <summary>
    /// Rejects images that do not fit in memory: first the stored form together with the floats, then the floats together with the
    /// normalised floats.
    /// </summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="field">The field that contains the number of pixels.</param>
    /// <param name="pixels">The number of pixels of all images and channels.</param>
    /// <param name="storedBytes">The stored bytes per pixel.</param>
    /// <exception cref="InsufficientMemoryException">There is not enough memory.</exception>
    public static void RequireMemory(string path, string field, Int128 pixels, int storedBytes)
        => InputFile.RequireMemory(path, field, pixels * (sizeof(float) + Math.Max(storedBytes, sizeof(float))));
}
