namespace DdmNative.Attribution.Networks;

/// <summary>
/// All architectures by name, the default first: the one place where a new network is entered. A file's tensors are recognised in this
/// order.
/// </summary>
public static class NetworkRegistry
{
    public static IReadOnlyList<NetworkDescription> All { get; } =
    [
        ConvNet.Description, Mlp.Description, LeNet.Description, ResNet9.Description, ResNet18.Description, ResNet18ImageNet.Description,
        Vgg11.Description, AlexNet.Description, Logistic.Description,
    ];

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(network => network.Name)];

    /// <summary>The architecture of that name; null if there is none.</summary>
    public static NetworkDescription? Find(string name) => All.FirstOrDefault(network => network.Name == name);
}
