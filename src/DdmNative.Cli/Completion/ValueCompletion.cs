namespace DdmNative.Cli.Completion;

/// <summary>The paths that a value may be.</summary>
internal enum PathKind
{
    None,
    Folders,
    Files,
}

/// <summary>What a shell offers where a value is expected.</summary>
/// <param name="Words">Known values; one that ends in a colon is begun, not finished.</param>
/// <param name="Separator">What stands between values of a list; null where there is one value.</param>
/// <param name="Paths">Paths that are offered beside the words.</param>
internal sealed record ValueCompletion(IReadOnlyList<string> Words, char? Separator = null, PathKind Paths = PathKind.None)
{
    public static ValueCompletion Nothing { get; } = new([]);

    public static ValueCompletion Folders { get; } = new([], Paths: PathKind.Folders);

    public static ValueCompletion Files { get; } = new([], Paths: PathKind.Files);

    /// <summary>Whether there is something to offer.</summary>
    public bool IsKnown => Words.Count > 0 || Paths != PathKind.None;
}
