using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>The options of <see cref="GeneratedDataset"/>.</summary>
public sealed record GeneratedOptions
{
    /// <summary>Number of classes.</summary>
    public int Classes { get; init; } = 4;

    /// <summary>Training images of each class.</summary>
    public int PerClass { get; init; } = 40;

    /// <summary>Test images of each class.</summary>
    public int TestPerClass { get; init; } = 20;

    /// <summary>Channels of an image.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Height and width of an image.</summary>
    public int Size { get; init; } = 16;

    /// <summary>Clusters in each class.</summary>
    public int ClustersPerClass { get; init; } = 3;

    /// <summary>The seed of all random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    private static readonly string[] Keys = ["classes", "per-class", "test-per-class", "channels", "size", "clusters", "seed"];

    /// <summary>
    /// Parses <c>generated:classes=4,per-class=40,test-per-class=20,channels=1,size=16,clusters=3,seed=1</c>; each key is optional.
    /// </summary>
    /// <exception cref="BadInputException">A key is unknown or repeated, or its value is out of range.</exception>
    public static GeneratedOptions Parse(string specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var options = new GeneratedOptions();
        var seen = new HashSet<string>();
        int colon = specification.IndexOf(':', StringComparison.Ordinal);
        string settings = colon < 0 ? "" : specification[(colon + 1)..];
        foreach (string setting in settings.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = setting.Split('=', 2, StringSplitOptions.TrimEntries);
            string key = parts[0];
            if (!seen.Add(key))
                throw new BadInputException(specification, key, "the key twice", "once", "Remove one of them.");
            string value = parts.Length == 2 ? parts[1] : "";
            options = key switch
            {
                "classes" => options with { Classes = Number(specification, key, value, 1000) },
                "per-class" => options with { PerClass = Number(specification, key, value, 100_000) },
                "test-per-class" => options with { TestPerClass = Number(specification, key, value, 100_000) },
                "channels" => options with { Channels = Number(specification, key, value, 16) },
                "size" => options with { Size = Number(specification, key, value, 256) },
                "clusters" => options with { ClustersPerClass = Number(specification, key, value, 1000) },
                "seed" => options with { Seed = ReadSeed(specification, key, value) },
                _ => throw new BadInputException(specification, key, "an unknown key",
                    $"{string.Join(", ", Keys.SkipLast(1))} or {Keys[^1]}",
                    NearestWord.Of(key, Keys) is string nearest ? $"Did you mean {nearest}?" : "Correct the key."),
            };
        }

        long floats = (long)options.Classes * Math.Max(options.PerClass, options.TestPerClass) * options.Channels * options.Size
            * options.Size;
        InputFile.RequireArraySize(specification, "pixels in total", floats);
        return options;
    }

    private static int Number(string specification, string key, string value, int most)
        => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most
            ? number
            : throw BadNumber(specification, key, value, (ulong)most);

    private static ulong ReadSeed(string specification, string key, string value)
        => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? seed : throw BadNumber(specification, key, value, ulong.MaxValue);

    private static BadInputException BadNumber(string specification, string key, string value, ulong most)
        => new(specification, key, $"'{value}'", $"a whole number up to {most}", $"Write {key}=NUMBER.");
}
