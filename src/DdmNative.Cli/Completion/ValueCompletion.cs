namespace DdmNative.Cli.Completion;

/// <summary>The kind of path that a value can be.</summary>
internal enum PathKind
{
    None,
    Folders,

    /// <summary>Folders of runs, and folders that contain some; all folders if there are none.</summary>
    Runs,
    Files,
}

/// <summary>What a shell offers as completions of a value.</summary>
/// <param name="Words">Known values; the user completes one that ends with a colon.</param>
/// <param name="Separator">The separator of a list's values; null if there is only one value.</param>
/// <param name="Paths">Paths that are offered in addition.</param>
/// <param name="Datasets">Whether the names of downloaded datasets are offered in addition.</param>
internal sealed record ValueCompletion(IReadOnlyList<string> Words, char? Separator = null, PathKind Paths = PathKind.None,
    bool Datasets = false)
{
    public static ValueCompletion Nothing { get; } = new([]);

    public static ValueCompletion Folders { get; } = new([], Paths: PathKind.Folders);

    public static ValueCompletion Runs { get; } = new([], Paths: PathKind.Runs);

    public static ValueCompletion Files { get; } = new([], Paths: PathKind.Files);

    /// <summary>Whether there is anything to offer.</summary>
    public bool IsKnown => Words.Count > 0 || Paths != PathKind.None;
}
