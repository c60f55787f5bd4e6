namespace DdmNative.Attribution.Runs.Jobs;

/// <summary>The names under which a job asks for a method of attribution.</summary>
public static class AttributionMethods
{
    /// <summary>The depth dial's last-block form begins with this; the number of blocks follows.</summary>
    public const string BlockPrefix = "block:";

    /// <summary>The modes that run on synthetic images.</summary>
    public static IReadOnlyList<string> SynsetModes { get; } = ["repair", "replay", "controlled-replay", "push", "forget"];

    /// <summary>All names, for messages.</summary>
    public static string Names { get; } = string.Join(", ", SynsetModes) + ", head, block:K, all, feature";

    /// <summary>K of <c>block:K</c>; null for every other method.</summary>
    public static int? Blocks(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method.StartsWith(BlockPrefix, StringComparison.Ordinal)
            && int.TryParse(method.AsSpan(BlockPrefix.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int blocks)
            && blocks >= 1
            ? blocks
            : null;
    }

    /// <summary>Whether it is the name of a method.</summary>
    public static bool IsKnown(string method) => SynsetModes.Contains(method) || method is "head" or "all" or "feature" || Blocks(method) is not null;

    /// <summary>The name as part of a file's: <c>block:1</c> becomes <c>block-1</c>.</summary>
    public static string FileName(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method.Replace(':', '-');
    }

    /// <summary>For people: what the method is.</summary>
    public static string Title(string method) => method switch
    {
        "repair" => "repair (synset)",
        "replay" => "replay (synset)",
        "controlled-replay" => "controlled replay (synset)",
        "push" => "push (synset)",
        "forget" => "forget (synset, the paper's form)",
        "head" => "head (depth dial)",
        "all" => "exact retraining (depth dial)",
        "feature" => "feature synset (depth dial)",
        _ => $"{method} (depth dial)",
    };
}
