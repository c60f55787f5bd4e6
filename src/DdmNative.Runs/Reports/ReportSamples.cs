using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Reports;

/// <summary>
/// The single images of a report, with their pictures: for each objective the most helpful and the most harmful, and of every group as many as there is room for, those first that did most to the
/// first objective either way.
/// </summary>
/// <remarks>All of a small data set; a large one would not fit into a page. Both its pictures and its effects are rationed.</remarks>
internal sealed class ReportSamples
{
    /// <summary>5 MB of a report at most: four thirds of it in base64.</summary>
    private const int MostPixelBytes = 4_000_000;

    /// <summary>Effects, each some nine bytes.</summary>
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

    /// <summary>The samples shown, class by class and in it group by group.</summary>
    public int[] Kept { get; }

    /// <summary>For each objective, the places in <see cref="Kept"/> of the images that help it most, the most helpful first; none for one without effects of images.</summary>
    public int[][] MostHelpful { get; }

    /// <summary>The same for those that harm most; none of them is among the most helpful.</summary>
    public int[][] MostHarmful { get; }

    /// <summary>Of one image, in pixels of the picture.</summary>
    public int Width => _train.Width / _shrink;

    /// <summary>Of one image, in pixels of the picture.</summary>
    public int Height => _train.Height / _shrink;

    /// <summary>How many images there is room for the pictures of.</summary>
    private int Pictured => MostPixelBytes / (Width * Height * (_train.Channels == 3 ? 3 : 1));

    /// <summary>For each class that is shown, the place of its first image, and its images row by row in so many columns.</summary>
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

    /// <summary>All samples: of every group in turn its most helpful, then of every group its most harmful, and so on inwards.</summary>
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
