namespace DdmNative.Attribution.Networks;

/// <summary>
/// A multilayer perceptron: flatten, hidden linear layers with ReLU or GELU and dropout, a linear head. The hidden layers are
/// <see cref="NetworkOptions.Depth"/> of <see cref="NetworkOptions.Width"/> units each, or those of <see cref="NetworkOptions.Hidden"/>.
/// </summary>
internal static class Mlp
{
    public const string Name = "mlp";

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        StandardWidth = 32,
        StandardDepth = 3,
        HasHiddenLayers = true,
        Recognise = Recognise,
        Tensors = "layers.0.weight …",
        NameModules = kinds => kinds.Count > 1 && kinds.All(kind => kind == ModuleKind.Linear)
            ? [.. kinds.Select((_, i) => i == kinds.Count - 1 ? "head" : $"layers.{i}")]
            : null,
        Modules = "linear layers alone",
    };

    public static Network Create(NetworkOptions options)
    {
        if (options.Hidden is null && (options.Width < 1 || options.Depth < 1))
            throw new ArgumentException(
                $"An MLP of width {options.Width} and depth {options.Depth} does not exist; both must be at least 1.", nameof(options));
        IReadOnlyList<int> hidden = options.Hidden ?? [.. Enumerable.Repeat(options.Width, options.Depth)];
        var stack = new LayerStack(options.Input);
        for (int i = 0; i < hidden.Count; i++)
        {
            stack.Block();
            if (i == 0)
                stack.Flatten();
            stack.Linear($"layers.{i}", hidden[i]).Activate(options.Activation).Dropout(options.Dropout);
        }
        return stack.Head(options);
    }

    private static NetworkForm? Recognise(Func<string, int[]?> shapeOf)
    {
        int count = NetworkDescription.Count(shapeOf, "layers.", ".weight");
        int[] hidden = [.. Enumerable.Range(0, count).Select(i => shapeOf($"layers.{i}.weight")![0])];
        return count == 0 ? null
            : hidden.Distinct().Count() == 1 ? new NetworkForm(hidden[0], count) : new NetworkForm { Hidden = hidden };
    }
}
