using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Reports;

/// <summary>One line (or cloud of points) of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">The points in the order in which they are joined; points that are not finite are left out.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>
/// Self-contained charts as SVG: they look the same everywhere, are readable on light and dark pages, and the same figures give the same
/// bytes.
/// </summary>
public static class SvgChart
{
    private const double Width = 760, Height = 420, Left = 70, Right = 190, Top = 48, Bottom = 60;
    private const int Ticks = 6;

    // Okabe and Ito's colours, which colour-blind readers can distinguish.
    private static readonly string[] Colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#882255"];

    /// <summary>Lines through points, with a mark at each.</summary>
    /// <param name="title">The title, above the chart.</param>
    /// <param name="xLabel">The label of the horizontal axis.</param>
    /// <param name="yLabel">The label of the vertical axis.</param>
    /// <param name="series">The series to draw.</param>
    /// <param name="joined">Whether the points of a series are joined by a line.</param>
    public static string Lines(string title, string xLabel, string yLabel, IReadOnlyList<ChartSeries> series, bool joined = true)
    {
        ArgumentNullException.ThrowIfNull(series);
        (double X, double Y)[] all = [.. series.SelectMany(one => one.Points).Where(IsDrawn)];
        Axis x = Axis.Over(all.Select(point => point.X)), y = Axis.Over(all.Select(point => point.Y));
        StringBuilder svg = Begin(title, xLabel, yLabel, y);
        foreach (double tick in x.Ticks)
            Text(svg, XOf(x, tick), Height - Bottom + 18, "middle", Number(tick));
        for (int s = 0; s < series.Count; s++)
        {
            (double X, double Y)[] points = [.. series[s].Points.Where(IsDrawn).Select(point => (XOf(x, point.X), YOf(y, point.Y)))];
            if (joined && points.Length > 1)
                svg.Append(CultureInfo.InvariantCulture,
                    $"<polyline fill=\"none\" stroke=\"{Colour(s)}\" stroke-width=\"2\" "
                    + $"points=\"{string.Join(' ', points.Select(point => $"{Coordinate(point.X)},{Coordinate(point.Y)}"))}\"/>\n");
            foreach ((double px, double py) in points)
                svg.Append(CultureInfo.InvariantCulture,
                    $"<circle cx=\"{Coordinate(px)}\" cy=\"{Coordinate(py)}\" r=\"3.5\" fill=\"{Colour(s)}\"/>\n");
        }

        return End(svg, [.. series.Select(one => one.Name)]);
    }

    /// <summary>Groups of upright bars, one group for each category.</summary>
    /// <param name="title">The title, above the chart.</param>
    /// <param name="yLabel">The label of the vertical axis.</param>
    /// <param name="categories">The labels of the groups.</param>
    /// <param name="series">[S]: a name, and a value for each category; a value that is not finite has no bar.</param>
    public static string Bars(string title, string yLabel, IReadOnlyList<string> categories,
        IReadOnlyList<(string Name, double[] Values)> series)
    {
        ArgumentNullException.ThrowIfNull(categories);
        ArgumentNullException.ThrowIfNull(series);
        Axis y = Axis.Over(series.SelectMany(one => one.Values).Where(double.IsFinite).Append(0));
        StringBuilder svg = Begin(title, "", yLabel, y);
        double room = (Width - Left - Right) / Math.Max(1, categories.Count), bar = room * 0.8 / Math.Max(1, series.Count);
        for (int c = 0; c < categories.Count; c++)
        {
            double from = Left + room * (c + 0.1);
            Text(svg, from + room * 0.4, Height - Bottom + 18 + (categories.Count > 4 ? c % 2 * 14 : 0), "middle", categories[c]);
            for (int s = 0; s < series.Count; s++)
            {
                double value = series[s].Values[c];
                if (!double.IsFinite(value))
                    continue;
                (double zero, double end) = (YOf(y, 0), YOf(y, value));
                svg.Append(CultureInfo.InvariantCulture,
                    $"<rect x=\"{Coordinate(from + s * bar)}\" y=\"{Coordinate(Math.Min(zero, end))}\" width=\"{Coordinate(bar * 0.92)}\" "
                    + $"height=\"{Coordinate(Math.Abs(zero - end))}\" fill=\"{Colour(s)}\"><title>{Escaped(series[s].Name)}: "
                    + $"{Number(value)}</title></rect>\n");
            }
        }

        return End(svg, [.. series.Select(one => one.Name)]);
    }

    private static StringBuilder Begin(string title, string xLabel, string yLabel, Axis y)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\" "
            + $"role=\"img\">\n<title>{Escaped(title)}</title>\n");
        svg.Append("<style>text{fill:#222}.rule{stroke:#ddd}"
            + "@media (prefers-color-scheme:dark){text{fill:#ddd}.rule{stroke:#444}}</style>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"26\" font-size=\"15\">{Escaped(title)}</text>\n");
        foreach (double tick in y.Ticks)
        {
            double at = YOf(y, tick);
            svg.Append(CultureInfo.InvariantCulture,
                $"<line class=\"rule\" x1=\"{Left}\" y1=\"{Coordinate(at)}\" x2=\"{Width - Right}\" y2=\"{Coordinate(at)}\"/>\n");
            Text(svg, Left - 8, at + 4, "end", Number(tick));
        }

        Text(svg, (Left + Width - Right) / 2, Height - 14, "middle", xLabel);
        double middle = (Top + Height - Bottom) / 2;
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"18\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 18 {middle})\">{Escaped(yLabel)}</text>\n");
        return svg;
    }

    private static string End(StringBuilder svg, string[] names)
    {
        for (int s = 0; s < names.Length; s++)
        {
            double at = Top + 18 * s;
            svg.Append(CultureInfo.InvariantCulture,
                $"<rect x=\"{Width - Right + 14}\" y=\"{at}\" width=\"12\" height=\"12\" fill=\"{Colour(s)}\"/>\n");
            Text(svg, Width - Right + 32, at + 11, "start", names[s]);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text)
        => svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Coordinate(x)}\" y=\"{Coordinate(y)}\" text-anchor=\"{anchor}\">{Escaped(text)}</text>\n");

    private static double XOf(Axis axis, double value) => Left + axis.Share(value) * (Width - Left - Right);

    private static double YOf(Axis axis, double value) => Height - Bottom - axis.Share(value) * (Height - Top - Bottom);

    private static bool IsDrawn((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y);

    private static string Colour(int series) => Colours[series % Colours.Length];

    private static string Coordinate(double value) => FigureText.Of(value, "0.##");

    private static string Number(double value) => FigureText.Of(value, "0.###");

    private static string Escaped(string text) => System.Security.SecurityElement.Escape(text);

    /// <summary>Chooses round ticks that enclose the values.</summary>
    private sealed record Axis(double From, double Step, int Count)
    {
        public IEnumerable<double> Ticks => Enumerable.Range(0, Count + 1).Select(i => From + i * Step);

        public static Axis Over(IEnumerable<double> values)
        {
            double[] all = [.. values];
            if (all.Length == 0)
                return new Axis(0, 1, 1);
            (double least, double most) = (all.Min(), all.Max());
            double span = most > least ? most - least : Math.Max(1e-6, Math.Abs(most));
            double size = Math.Pow(10, Math.Floor(Math.Log10(span / SvgChart.Ticks)));
            double step = ((ReadOnlySpan<double>)[1, 2, 5, 10]).ToArray().Select(factor => factor * size)
                .First(candidate => span / candidate <= SvgChart.Ticks);
            double from = Math.Floor(least / step) * step;
            return new Axis(from, step, Math.Max(1, (int)Math.Ceiling((most - from) / step - 1e-9)));
        }

        public double Share(double value) => (value - From) / (Step * Count);
    }
}
