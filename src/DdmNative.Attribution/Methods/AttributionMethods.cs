using System.Globalization;

namespace DdmNative.Attribution.Methods;

/// <summary>The names under which a job asks for a method of attribution.</summary>
public static class AttributionMethods
{
    /// <summary>The depth dial's last-block form begins with this; the number of blocks follows.</summary>
    public const string BlockPrefix = "block:";

    /// <summary>
    /// What is used where nothing is asked for: of all that needs none of the training data online, the one that is right at every size and
    /// length of training that was measured (docs/attribution-quality.md). Its parts err in different ways: the features know what the last
    /// layer does, push reaches the layers below.
    /// </summary>
    public const string Default = "push+feature";

    private const char Plus = '+';

    /// <summary>The modes that run on synthetic images.</summary>
    public static IReadOnlyList<string> SynsetModes { get; } = ["repair", "replay", "controlled-replay", "push", "forget"];

    /// <summary>All names, for messages.</summary>
    public static string Names { get; } = string.Join(", ", SynsetModes)
        + " (each also as MODE:M, with M images per group), head, block:K, all, feature; the mean of several of them, push+feature; "
        + "or of the suite " + string.Join(", ", MethodRegistry.All.Select(method => method.Name))
        + " (each also with settings, NAME:key=value:key=value)";

    /// <summary>K of <c>block:K</c>; null for every other method.</summary>
    public static int? Blocks(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method.StartsWith(BlockPrefix, StringComparison.Ordinal) ? NumberIn(method[BlockPrefix.Length..]) : null;
    }

    /// <summary>The synset mode of <c>MODE</c> or <c>MODE:M</c>; null for the depth dial's methods.</summary>
    public static string? SynsetMode(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method == "ddm")
            return "controlled-replay";
        string mode = method.Split(':')[0];
        return SynsetModes.Contains(mode) && (mode == method || ImagesPerGroup(method) is not null) ? mode : null;
    }

    /// <summary>M of <c>MODE:M</c>; null where the method does not say.</summary>
    public static int? ImagesPerGroup(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        int colon = method.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && SynsetModes.Contains(method[..colon]) ? NumberIn(method[(colon + 1)..]) : null;
    }

    /// <summary>
    /// The methods that a name stands for: of <c>A+B</c>, the mean of several methods' effects, the methods A and B; of every other name
    /// itself. Methods that hand over models can be averaged, exact retraining aside.
    /// </summary>
    public static IReadOnlyList<string> Parts(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        string[] parts = method.Split(Plus);
        return parts.Length > 1 && parts.All(part => part != "all" && IsOfModels(part)) && parts.Distinct().Count() == parts.Length
            ? parts : [method];
    }

    /// <summary>The methods that these names stand for, each once.</summary>
    public static IReadOnlyList<string> Parts(IEnumerable<string> methods) => [.. methods.SelectMany(Parts).Distinct()];

    /// <summary>Whether it is the mean of several methods' effects, <c>A+B</c>.</summary>
    public static bool IsMean(string method) => Parts(method).Count > 1;

    /// <summary>Whether it is the name of a method.</summary>
    public static bool IsKnown(string method)
        => IsOfModels(method) || IsMean(method) || (IsOfSuite(method) && MethodRegistry.Fault(method) is null);

    /// <summary>Whether it hands over models: a synset mode, or a method of the depth dial.</summary>
    private static bool IsOfModels(string method)
        => SynsetMode(method) is not null || method is "head" or "all" or "feature" || Blocks(method) is not null;

    /// <summary>Whether it is a method of the suite (<see cref="MethodRegistry"/>), which hands over effects; the synset modes and the depth dial hand over models.</summary>
    public static bool IsOfSuite(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method != "ddm" && MethodRegistry.Find(method) is not null;
    }

    private static int? NumberIn(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 1000 ? number : null;

    /// <summary>The name as part of a file's: <c>block:1</c> becomes <c>block-1</c>.</summary>
    public static string FileName(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method.Replace(':', '-');
    }

    /// <summary>For people: what the method is.</summary>
    public static string Title(string method) => method switch
    {
        "ddm" => "ddm (controlled replay on the synset)",
        "repair" => "repair (synset)",
        "replay" => "replay (synset)",
        "controlled-replay" => "controlled replay (synset)",
        "push" => "push (synset)",
        "forget" => "forget (synset, the paper's form)",
        "head" => "head (depth dial)",
        "all" => "exact retraining (depth dial)",
        "feature" => "feature synset (depth dial)",
        _ when IsMean(method) => "mean of " + string.Join(" and ", Parts(method)),
        _ when ImagesPerGroup(method) is int images => $"{SynsetMode(method)} (synset, {images} image{(images == 1 ? "" : "s")} per group)",
        _ when IsOfSuite(method) => method,
        _ => $"{method} (depth dial)",
    };
}
