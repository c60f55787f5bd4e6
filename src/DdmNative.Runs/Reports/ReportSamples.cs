using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Reports;

/// <summary>
/// The single images of a report, with their pictures: for each objective the most helpful and the most harmful, and of every group as many
/// as fit, those with the largest absolute effect on the first objective first.
/// </summary>
/// <remarks>
/// A small dataset is shown completely; a large one would not fit into a page, so the numbers of pictures and of effects are limited.
/// </remarks>
internal sealed class ReportSamples
{
    /// <summary>At most 5 MB of a report; base64 adds a third.</summary>
    private const int MostPixelBytes = 4_000_000;

    /// <summary>The number of effects, of about nine bytes each.</summary>
    private const int MostValues = 400_000;

    private const int MostListed = 12, WantedListed = 4;

    private readonly Dataset _train;
    private readonly Normalization _normalization;
    private readonly PixelRange _range;
    private readonly int _shrink = 1;

    public ReportSamples(Dataset train, Normalization normalization, PixelRange range, GroupTable groups, SampleEffects effects)
    {
        (_train, _normalization, _range) = (train, normalization, range);
        int[] rows = [.. Enumerable.Range(0, effects.Rows.Length).Where(o => effects.Rows[o] is not null)];
        while (Pictured < 2 * WantedListed * rows.Length && Width > 1 && Height > 1)
            _shrink++;
        int capacity = Math.Min(Pictured, MostValues / effects.Rows.Length);
        int listed = Math.Clamp(capacity / (2 * rows.Length), 1, MostListed);
        int[][] orders = [.. effects.Rows.Select((row, o) => row is null ? [] : effects.MostHelpfulFirst(o))];

        var kept = orders.SelectMany(order => order.Take(listed).Concat(order.TakeLast(listed))).ToHashSet();
        foreach (int sample in StrongestFirst(groups, orders[rows[0]]).TakeWhile(_ => kept.Count < capacity))
            kept.Add(sample);
        Kept = [.. kept.OrderBy(n => train.Labels[n]).ThenBy(n => groups.GroupOf[n]).ThenBy(n => n)];
        var place = Kept.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        (int[] Helpful, int[] Harmful)[] ends = [.. orders.Select((order, o) => Extremes.Of(order, listed, n => effects.Harms(o, n)))];
        MostHelpful = [.. ends.Select(end => end.Helpful.Select(n => place[n]).ToArray())];
        MostHarmful = [.. ends.Select(end => end.Harmful.Select(n => place[n]).ToArray())];
    }

    /// <summary>The samples shown, ordered by class and then by group.</summary>
    public int[] Kept { get; }

    /// <summary>
    /// For each objective, the positions in <see cref="Kept"/> of the images that help it most, the most helpful first; empty for an
    /// objective without effects of images.
    /// </summary>
    public int[][] MostHelpful { get; }

    /// <summary>The same for the images that harm it most; none of them is among the most helpful.</summary>
    public int[][] MostHarmful { get; }

    /// <summary>The width of one image, in pixels of the picture.</summary>
    public int Width => _train.Width / _shrink;

    /// <summary>The height of one image, in pixels of the picture.</summary>
    public int Height => _train.Height / _shrink;

    /// <summary>The number of images whose pictures fit; features have none.</summary>
    private int Pictured => _train.IsFeatures ? int.MaxValue : MostPixelBytes / (Width * Height * (_train.Channels == 3 ? 3 : 1));

    /// <summary>For each class that is shown, the position of its first image, its number of columns, and its images row by row.</summary>
    public IEnumerable<(int From, int Columns, string Picture)> Pictures()
    {
        for (int from = 0; from < Kept.Length;)
        {
            int label = _train.Labels[Kept[from]], count = Kept.Skip(from).TakeWhile(n => _train.Labels[n] == label).Count();
            int columns = (int)Math.Ceiling(Math.Sqrt(count));
            var sheet = new ImageSheet(_train, _normalization, _range, (count + columns - 1) / columns, columns, _shrink);
            for (int i = 0; i < count; i++)
                sheet.Draw(_train.Image(Kept[from + i]), i / columns, i % columns);
            yield return (from, columns, sheet.ToUri());
            from += count;
        }
    }

    /// <summary>All samples: the most helpful of every group in turn, then the most harmful of every group, and so on.</summary>
    private static IEnumerable<int> StrongestFirst(GroupTable groups, int[] order)
    {
        int[][] members = [.. order.GroupBy(n => groups.GroupOf[n]).OrderBy(of => of.Key).Select(of => of.ToArray())];
        for (int turn = 0; turn < members.Max(of => of.Length); turn++)
            foreach (int[] of in members)
            {
                if (turn < of.Length)
                    yield return turn % 2 == 0 ? of[turn / 2] : of[^(turn / 2 + 1)];
            }
    }
}
