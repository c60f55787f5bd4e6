namespace DdmNative.Attribution.Networks;

/// <summary>A module of a PyTorch network, as its tensors show it.</summary>
public enum ModuleKind
{
    Convolution,
    Norm,
    Linear,
}

/// <summary>A setting of a network that does not fit its images.</summary>
/// <param name="Field"><c>architecture</c>, <c>width</c> or <c>depth</c>.</param>
/// <param name="Found">The setting.</param>
/// <param name="Expected">What would fit.</param>
/// <param name="Remedy">What to do.</param>
public sealed record NetworkFault(string Field, string Found, string Expected, string Remedy);

/// <summary>
/// What is known of an architecture before a network is created. Help, validation, completion and the recognition of checkpoints follow.
/// </summary>
/// <param name="Name">As the user writes it.</param>
/// <param name="Create">Creates a network.</param>
public sealed record NetworkDescription(string Name, Func<NetworkOptions, Network> Create)
{
    /// <summary>Whether width and depth are fixed, so that the options are ignored.</summary>
    public bool HasFixedSize { get; init; }

    /// <summary>Why options do not fit the images; null if they do.</summary>
    public Func<NetworkOptions, NetworkFault?> Fault { get; init; } = _ => null;

    /// <summary>Width and depth of a network, from the shapes of its tensors by name; null if it is another architecture.</summary>
    public required Func<Func<string, int[]?>, (int Width, int Depth)?> Recognise { get; init; }

    /// <summary>The tensors by which a network is recognised, for messages.</summary>
    public required string Tensors { get; init; }

    /// <summary>Our names of a PyTorch network's modules, in order; null if they do not form this architecture.</summary>
    public required Func<IReadOnlyList<ModuleKind>, string[]?> NameModules { get; init; }

    /// <summary>The modules of such a PyTorch network, for messages.</summary>
    public required string Modules { get; init; }

    /// <summary>The number of tensors <c>PREFIX0SUFFIX</c>, <c>PREFIX1SUFFIX</c>, ….</summary>
    internal static int Count(Func<string, int[]?> shapeOf, string prefix, string suffix)
    {
        int count = 0;
        while (shapeOf($"{prefix}{count}{suffix}") is not null)
            count++;
        return count;
    }
}
