namespace DdmNative.Attribution.Networks;

/// <summary>A module of a PyTorch network, as its tensors show it.</summary>
public enum ModuleKind
{
    Convolution,
    Norm,

    /// <summary>A norm with running statistics.</summary>
    BatchNorm,
    Linear,
}

/// <summary>
/// What is known of an architecture before a network is created. Help, validation, completion and the recognition of checkpoints follow.
/// </summary>
/// <param name="Name">As the user writes it.</param>
/// <param name="Create">Creates a network.</param>
public sealed record NetworkDescription(string Name, Func<NetworkOptions, Network> Create)
{
    /// <summary>The usual width; null if the network has none, so that the option is ignored.</summary>
    public int? StandardWidth { get; init; }

    /// <summary>The usual depth; null if the network has none, so that the option is ignored.</summary>
    public int? StandardDepth { get; init; }

    /// <summary>Whether <see cref="NetworkOptions.Hidden"/> and <see cref="NetworkOptions.Dropout"/> are used.</summary>
    public bool HasHiddenLayers { get; init; }

    /// <summary>The usual norm; null if the network has none, so that the option is ignored.</summary>
    public NormKind? StandardNorm { get; init; }

    /// <summary>Why options do not fit the images; null if they do.</summary>
    public Func<NetworkOptions, NetworkFault?> Fault { get; init; } = _ => null;

    /// <summary>The size of a network, from the shapes of its tensors by name; null if it is another architecture.</summary>
    public required Func<Func<string, int[]?>, NetworkForm?> Recognise { get; init; }

    /// <summary>The number of tensors above which a file is another network's; null if the tensors that it must have are enough.</summary>
    public int? MostTensors { get; init; }

    /// <summary>The tensors by which a network is recognised, for messages.</summary>
    public required string Tensors { get; init; }

    /// <summary>Our names of a PyTorch network's modules, in order; null if they do not form this architecture.</summary>
    public required Func<IReadOnlyList<ModuleKind>, string[]?> NameModules { get; init; }

    /// <summary>Our name of a PyTorch network's module by its own name; by default the same.</summary>
    public Func<string, string> RenameModule { get; init; } = module => module;

    /// <summary>The modules of such a PyTorch network, for messages.</summary>
    public required string Modules { get; init; }

    /// <summary>The size of a network from the shapes of all its tensors by name; null if it is another architecture.</summary>
    public NetworkForm? RecogniseAll(IReadOnlyDictionary<string, int[]> shapes)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        return shapes.Count > MostTensors ? null : Recognise(shapes.GetValueOrDefault);
    }

    /// <summary>Whether modules are convolutions, each followed by a norm of one kind, and one linear layer.</summary>
    internal static bool AreNormedConvolutions(IReadOnlyList<ModuleKind> kinds, ModuleKind norm)
        => kinds.Count % 2 == 1 && kinds.Count > 1 && kinds[^1] == ModuleKind.Linear
            && kinds.SkipLast(1).Select((kind, i) => kind == (i % 2 == 0 ? ModuleKind.Convolution : norm)).All(fits => fits);

    /// <summary>The number of tensors <c>PREFIX0SUFFIX</c>, <c>PREFIX1SUFFIX</c>, ….</summary>
    internal static int Count(Func<string, int[]?> shapeOf, string prefix, string suffix)
    {
        int count = 0;
        while (shapeOf($"{prefix}{count}{suffix}") is not null)
            count++;
        return count;
    }
}
