namespace DdmNative.Attribution.Networks;

/// <summary>
/// A multilayer perceptron: flatten, <c>depth</c> linear layers of <c>width</c> units with ReLU, a linear head. Depth 0 is softmax
/// regression.
/// </summary>
internal static class Mlp
{
    public const string Name = "mlp";

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        Recognise = shapeOf => shapeOf("layers.0.weight") is [int units, ..]
            ? (units, NetworkDescription.Count(shapeOf, "layers.", ".weight"))
            : null,
        Tensors = "layers.0.weight …",
        NameModules = kinds => kinds.All(kind => kind == ModuleKind.Linear)
            ? [.. kinds.Select((_, i) => i == kinds.Count - 1 ? "head" : $"layers.{i}")]
            : null,
        Modules = "linear layers alone",
    };

    public static Network Create(NetworkOptions options)
    {
        if (options.Width < 1 || options.Depth < 0)
            throw new ArgumentException(
                $"An MLP of width {options.Width} and depth {options.Depth} does not exist; the width must be at least 1, the depth 0.",
                nameof(options));
        return Create(options, Enumerable.Repeat(options.Width, options.Depth).ToArray());
    }

    /// <summary>The same with a width for each hidden layer.</summary>
    public static Network Create(NetworkOptions options, IReadOnlyList<int> widths)
    {
        var stack = new LayerStack(options.Input);
        for (int i = 0; i < widths.Count; i++)
        {
            stack.Block();
            if (i == 0)
                stack.Flatten();
            stack.Linear($"layers.{i}", widths[i]).Relu();
        }
        return stack.Head(options);
    }
}
