namespace DdmNative.Attribution.Methods;

/// <summary>What a method hands over.</summary>
public enum MethodKind
{
    /// <summary>Effects on the objectives that were asked for.</summary>
    Effects,

    /// <summary>Models without each part (<see cref="IModelMethod"/>), of which effects on any objective are computed.</summary>
    Models,
}

/// <summary>
/// What is known of a method before it runs. Help, documentation, completion, validation and the stages of a run follow from it.
/// </summary>
/// <param name="Name">As the user writes it.</param>
/// <param name="Summary">One line: what "without the part" means to the method.</param>
/// <param name="Source">The paper.</param>
/// <param name="Create">Makes the method from its settings.</param>
public sealed record MethodDescription(string Name, string Summary, string Source, Func<MethodSettings, IAttributionMethod> Create)
{
    /// <summary>The unit of a method that predicts F(with) − F(without) itself.</summary>
    public const string ObjectiveUnit = "the objective's";

    /// <summary>The options of <c>ddm attribute</c> that name methods of one family, beside <c>--method</c>, which names all.</summary>
    public const string ModeOption = "mode", DepthOption = "depth", SynsetOption = "synset";

    /// <summary>What the method hands over.</summary>
    public MethodKind Kind { get; init; } = MethodKind.Effects;

    /// <summary>The unit of its effects.</summary>
    public string Unit { get; init; } = ObjectiveUnit;

    /// <summary>What the matrix's columns may be.</summary>
    public IReadOnlyList<string> Granularities { get; init; } = Granularity.Names;

    /// <summary>Whether objectives must have a gradient, which accuracy does not have.</summary>
    public bool NeedsGradients { get; init; }

    /// <summary>
    /// Whether one pass over the training samples gives the effect of each, so that the cost does not grow with the number of parts.
    /// Methods without it train or distil for every part.
    /// </summary>
    public bool IsPerSample { get; init; }

    /// <summary>Whether its effects are checked against a retraining of the last block, and converted to real units by it.</summary>
    public bool IsChecked { get; init; }

    /// <summary>Whether its models are retrained exactly: its effects are not averaged with those of other methods.</summary>
    public bool IsExact { get; init; }

    /// <summary>Whether it can make one model without several groups (<see cref="IUnlearningMethod"/>).</summary>
    public bool CanUnlearn { get; init; }

    /// <summary>The option of <c>ddm attribute</c> that names it beside <c>--method</c>; null for none.</summary>
    public string? Option { get; init; }

    /// <summary>Other names of the same method.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The setting that may be written without its key: <c>repair:4</c>; null for none.</summary>
    public string? MainSetting { get; init; }

    /// <summary>How it is written, for messages.</summary>
    public string Usage { get => field ?? Name; init; }

    /// <summary>What completion offers.</summary>
    public IReadOnlyList<string> Words { get => field ?? [Name]; init; }

    /// <summary>For people: what the method is, without settings.</summary>
    public string Title { get => field ?? Name; init; }

    /// <summary>The title with the value of <see cref="MainSetting"/>; null where the text itself serves.</summary>
    public Func<string, string>? TitleWith { get; init; }

    /// <summary>The title of the method as the user wrote it; null for the usual.</summary>
    public Func<string, string>? TitleOf { get; init; }

    /// <summary>The settings and their defaults, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings
    {
        get
        {
            var settings = new MethodSettings(Words[0], MainSetting);
            Create(settings);
            return settings.Listed;
        }
    }
}
