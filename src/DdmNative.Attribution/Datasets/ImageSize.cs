using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>The sizes that a header may promise: what is beyond them is refused before it is unpacked.</summary>
internal static class ImageSize
{
    private const int MostPixels = ImageFile.LongestSide * ImageFile.LongestSide;

    /// <exception cref="BadInputException">An image has more pixels than any of a data set has.</exception>
    public static void Require(string path, string field, int height, int width)
    {
        if ((long)height * width > MostPixels)
            throw new BadInputException(path, field, $"images of {height} × {width}",
                $"at most {MostPixels} pixels an image ({ImageFile.LongestSide} × {ImageFile.LongestSide})",
                "Bring all images to a smaller size first.");
    }

    /// <summary>
    /// Refuses images that memory has no room for: as they are stored beside the floats that they become, and then those beside the same
    /// normalised.
    /// </summary>
    /// <param name="path">Where they are.</param>
    /// <param name="field">What says how many there are.</param>
    /// <param name="pixels">Of all images and channels.</param>
    /// <param name="storedBytes">Of one pixel.</param>
    /// <exception cref="InsufficientMemoryException">There is no room.</exception>
    public static void RequireMemory(string path, string field, Int128 pixels, int storedBytes)
        => InputFile.RequireMemory(path, field, pixels * (sizeof(float) + Math.Max(storedBytes, sizeof(float))));
}
