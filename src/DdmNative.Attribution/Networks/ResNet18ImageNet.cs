namespace DdmNative.Attribution.Networks;

/// <summary>ResNet-18 with the stem of the paper and of torchvision, for images of 64×64 and more (see <see cref="ResNet18"/>).</summary>
internal static class ResNet18ImageNet
{
    public const string Name = "resnet18-imagenet";

    internal static NetworkDescription Description { get; } = ResNet18.Describe(Name, Create, stemSize: 7) with
    {
        Modules = "as in torchvision, with a first convolution of 7×7",
    };

    public static Network Create(NetworkOptions options)
        => ResNet18.Create(options, stem => stem
            .Convolution("conv1", options.Width, 7, 3, stride: 2, hasBias: false, ResNet18.Initial(options.Width, 7))
            .Norm("bn1", ResNet18.NormOf(options)).Activate(options.Activation).MaxPool(3, 2, 1));
}
