using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>Width and depth of a ConvNet, and the images it takes.</summary>
internal readonly record struct NetworkShape(int Width, int Depth, int Channels, int Size);

/// <summary>How instance norm is computed: <c>GroupNorm(C, C)</c> is the same function, and the faster one on a CPU.</summary>
internal enum NormModule
{
    Group,
    Instance,
}

/// <summary>The ConvNet: depth × (convolution 3×3, instance norm, ReLU, average pool 2×2), then a linear layer.</summary>
internal sealed class ConvNet : nn.Module<Tensor, Tensor>
{
    public ConvNet(NetworkShape shape, NormModule norm, Device device)
        : base(nameof(ConvNet))
    {
        (Shape, Norm, Device) = (shape, norm, device);
        var layers = new List<nn.Module<Tensor, Tensor>>();
        for (int block = 0; block < shape.Depth; block++)
        {
            layers.Add(nn.Conv2d(block == 0 ? shape.Channels : shape.Width, shape.Width, 3, padding: 1));
            layers.Add(NormOf(norm, shape.Width));
            layers.Add(nn.ReLU());
            layers.Add(nn.AvgPool2d(2));
        }
        layers.Add(nn.Flatten());
        int side = shape.Size >> shape.Depth;
        Features = nn.Sequential([.. layers]);
        Head = nn.Linear(shape.Width * side * side, BenchmarkData.Classes);
        RegisterComponents();
        this.to(device);
    }

    public NetworkShape Shape { get; }

    public NormModule Norm { get; }

    public Device Device { get; }

    /// <summary>All but the linear layer.</summary>
    public Sequential Features { get; }

    public Linear Head { get; }

    /// <summary>The module with γ = 1 and β = 0, which TorchSharp 0.107's GroupNorm leaves uninitialised.</summary>
    public static nn.Module<Tensor, Tensor> NormOf(NormModule norm, long channels)
    {
        nn.Module<Tensor, Tensor> made = norm == NormModule.Group
            ? nn.GroupNorm(channels, channels) : nn.InstanceNorm2d(channels, affine: true);
        using IDisposable untracked = no_grad();
        foreach ((string name, Parameter parameter) in made.named_parameters())
            parameter.fill_(name == "weight" ? 1 : 0);
        return made;
    }

    /// <summary>Another network with these parameters.</summary>
    public ConvNet Copy()
    {
        var copy = new ConvNet(Shape, Norm, Device);
        using IDisposable untracked = no_grad();
        foreach ((Parameter to, Parameter from) in copy.parameters().Zip(parameters()))
            to.copy_(from);
        return copy;
    }

    public override Tensor forward(Tensor input) => Head.forward(Features.forward(input));
}
