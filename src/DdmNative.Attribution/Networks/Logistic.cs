namespace DdmNative.Attribution.Networks;

/// <summary>
/// Softmax regression: the head alone, on pixels or on features. Its training loss is convex, so that the effect of leaving samples out has
/// one answer, whatever the order of training.
/// </summary>
internal static class Logistic
{
    public const string Name = "logistic";

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        Recognise = shapeOf => shapeOf("head.weight") is [_, _] ? new NetworkForm() : null,
        MostTensors = 2,
        Tensors = "head.weight, head.bias",
        NameModules = kinds => kinds is [ModuleKind.Linear] ? ["head"] : null,
        RenameModule = module => module is "linear" or "fc" or "classifier" ? "head" : module,
        Modules = "one linear layer",
    };

    public static Network Create(NetworkOptions options) => new LayerStack(options.Input).Head(options);
}
