using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;

namespace DdmNative.Runs.Reports;

/// <summary>
/// The pictures of a report: one for each class, with a row for each of its groups, in order: images of the synset, if there is one, then
/// real images, spread evenly over the group's members.
/// </summary>
/// <remarks>
/// Images of a synset look like noise and do not compress, so the number of pixels is limited: if there are many groups, fewer images of
/// each are shown, and finally smaller ones.
/// </remarks>
internal sealed class ReportImages
{
    /// <summary>At most 10 MB of a report: three channels, and base64 adds a third.</summary>
    private const int MostPixels = 2_500_000;

    private const int MostSynset = 4, MostReal = 8;

    private readonly Dataset _train;
    private readonly Normalization _normalization;
    private readonly PixelRange _range;
    private readonly GroupTable _groups;
    private readonly Synset? _synset;
    private readonly int _shrink = 1;

    public ReportImages(Dataset train, Normalization normalization, PixelRange range, GroupTable groups, Synset? synset)
    {
        (_train, _normalization, _range, _groups, _synset) = (train, normalization, range, groups, synset);
        (SynsetImages, RealImages) = (Math.Min(MostSynset, synset?.PerGroup ?? 0), Math.Min(MostReal, groups.Sizes.Max()));
        while (Pixels > MostPixels && SynsetImages + RealImages > 2)
            (SynsetImages, RealImages) = (Math.Min(SynsetImages, Math.Max(1, SynsetImages - 1)), Math.Max(1, RealImages - 1));
        while (Pixels > MostPixels && Width > 1 && Height > 1)
            _shrink++;
    }

    /// <summary>Images of the synset in each row.</summary>
    public int SynsetImages { get; }

    /// <summary>Real images in each row; the rest of the row is empty for a group that has fewer.</summary>
    public int RealImages { get; }

    /// <summary>The width of one image, in pixels of the picture.</summary>
    public int Width => _train.Width / _shrink;

    /// <summary>The height of one image, in pixels of the picture.</summary>
    public int Height => _train.Height / _shrink;

    private long Pixels => (long)_groups.Count * (SynsetImages + RealImages) * Width * Height;

    /// <summary>The classes that have groups, with their groups and the picture, as a <c>data:</c> URI.</summary>
    public IEnumerable<(int Class, int[] Groups, string Picture)> Classes()
        => Enumerable.Range(0, _groups.Count).GroupBy(g => _groups.ClassOf[g]).OrderBy(members => members.Key)
            .Select(members => (members.Key, members.ToArray(), Picture([.. members])));

    /// <summary>The dataset positions of the real images of a group, in their order.</summary>
    public IEnumerable<int> RealOf(int group)
    {
        int[] members = _groups.Members(group);
        int real = Math.Min(RealImages, members.Length);
        return Enumerable.Range(0, real).Select(i => members[(int)((long)i * members.Length / real)]);
    }

    private string Picture(int[] groups)
    {
        var sheet = new ImageSheet(_train, _normalization, _range, groups.Length, SynsetImages + RealImages, _shrink);
        for (int row = 0; row < groups.Length; row++)
        {
            for (int i = 0; i < SynsetImages; i++)
                sheet.Draw(_synset!.Images.AsSpan((groups[row] * _synset.PerGroup + i) * _synset.ImageLength, _synset.ImageLength), row, i);
            foreach ((int i, int n) in RealOf(groups[row]).Index())
                sheet.Draw(_train.Image(n), row, SynsetImages + i);
        }

        return sheet.ToUri();
    }
}
