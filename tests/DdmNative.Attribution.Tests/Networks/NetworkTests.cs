using DdmNative.Attribution.Networks;
using Xunit;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>What a network knows without a device: names, shapes, cuts, initialisation, impossible settings.</summary>
public sealed class NetworkTests
{
    private static readonly ImageShape Fashion = new(1, 28, 28);

    [Fact]
    public void Convnet_parameters_carry_the_documented_names_and_shapes_in_order()
    {
        Network network = Network.Create(NetworkOptions.ConvNet(Fashion, 10, width: 32));

        Assert.Equal(
            [
                "blocks.0.conv.weight [32, 1, 3, 3]", "blocks.0.conv.bias [32]", "blocks.0.norm.weight [32]", "blocks.0.norm.bias [32]",
                "blocks.1.conv.weight [32, 32, 3, 3]", "blocks.1.conv.bias [32]", "blocks.1.norm.weight [32]", "blocks.1.norm.bias [32]",
                "blocks.2.conv.weight [32, 32, 3, 3]", "blocks.2.conv.bias [32]", "blocks.2.norm.weight [32]", "blocks.2.norm.bias [32]",
                "head.weight [10, 288]", "head.bias [10]",
            ],
            network.Parameters.Select(p => $"{p.Name} [{string.Join(", ", p.Shape)}]"));
        Assert.Equal(32 * 9 + 96 + 2 * (32 * 32 * 9 + 96) + 2880 + 10, network.ParameterCount);
    }

    [Fact]
    public void The_default_convnet_has_width_128_and_depth_3()
    {
        NetworkOptions options = NetworkOptions.ConvNet(new ImageShape(3, 32, 32), 10);

        Assert.Equal((128, 3), (options.Width, options.Depth));
        Assert.Equal([10, 2048], Network.Create(options).Parameters[^2].Shape);
    }

    [Theory]
    [InlineData("mlp", "layers.0.weight layers.0.bias layers.1.weight layers.1.bias head.weight head.bias")]
    [InlineData("lenet", "conv1.weight conv1.bias conv2.weight conv2.bias fc1.weight fc1.bias fc2.weight fc2.bias head.weight head.bias")]
    public void Other_architectures_carry_the_documented_names(string architecture, string names)
        => Assert.Equal(names.Split(' '),
            Network.Create(new NetworkOptions(architecture, 8, 2, Fashion, 10)).Parameters.Select(p => p.Name));

    [Fact]
    public void Only_convolutions_and_linear_layers_count_multiply_adds()
    {
        Network convnet = Network.Create(NetworkOptions.ConvNet(Fashion, 10, width: 32));
        Network resnet9 = Network.Create(new NetworkOptions("resnet9", 32, 0, new ImageShape(3, 32, 32), 10));

        Assert.Equal([28 * 28 * 32 * 9, 14 * 14 * 32 * 32 * 9, 7 * 7 * 32 * 32 * 9, 288 * 10], Counts(convnet));
        Assert.Equal(
            [
                32 * 32 * 3 * 32 * 9, 16 * 16 * 32 * 64 * 25, 16 * 16 * 64 * 64 * 9, 16 * 16 * 64 * 64 * 9, 16 * 16 * 64 * 128 * 9,
                8 * 8 * 128 * 128 * 9, 8 * 8 * 128 * 128 * 9, 6 * 6 * 128 * 64 * 9, 64 * 10,
            ],
            Counts(resnet9));

        static IEnumerable<long> Counts(Network network)
            => network.Layers.Select(layer => layer.MultiplyAdds).Where(count => count > 0);
    }

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Parameters_tile_the_vector_and_distance_blocks_are_those_that_are_trained(string name)
    {
        Network network = NetworkCase.Create(name).Network;

        int end = 0;
        foreach (ParameterTensor parameter in network.Parameters)
        {
            Assert.Equal(end, parameter.Offset);
            end += parameter.Length;
        }
        Assert.Equal(network.ParameterCount, end);
        Assert.Equal(
            network.Parameters.Where(p => !p.Name.Contains("running", StringComparison.Ordinal))
                .Select(p => (p.Offset, p.Length, p.Shape.Count > 1)),
            network.Blocks.Select(block => (block.Offset, block.Rows * block.RowLength, block.IsWeight)));
    }

    [Fact]
    public void Initialisation_is_pytorchs_default()
    {
        Network network = Network.Create(NetworkOptions.ConvNet(new ImageShape(3, 32, 32), 10, width: 32));
        float[] values = network.Initialise(5);

        foreach (ParameterTensor parameter in network.Parameters)
        {
            float[] own = values[parameter.Offset..(parameter.Offset + parameter.Length)];
            if (parameter.Name.Contains("norm", StringComparison.Ordinal))
            {
                Assert.All(own, value => Assert.Equal(parameter.Name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0, value));
                continue;
            }
            IReadOnlyList<int> weight = network.Parameters.Single(
                p => p.Name == parameter.Name.Replace("bias", "weight", StringComparison.Ordinal)).Shape;
            double bound = 1 / Math.Sqrt(weight.Skip(1).Aggregate(1, (a, b) => a * b));
            Assert.All(own, value => Assert.InRange(value, -bound, bound));
            if (own.Length >= 500)
            {
                // A uniform on ±b has mean 0 and deviation b/√3; four standard errors of the mean.
                Assert.InRange(own.Average(), -4 * bound / Math.Sqrt(3.0 * own.Length), 4 * bound / Math.Sqrt(3.0 * own.Length));
                Assert.InRange(Math.Sqrt(own.Average(value => (double)value * value)) * Math.Sqrt(3) / bound, 0.93, 1.07);
            }
        }
    }

    [Fact]
    public void Initialisation_repeats_with_its_seed_and_differs_with_another_seed_or_stream()
    {
        Network network = Network.Create(new NetworkOptions("mlp", 8, 1, Fashion, 10));

        Assert.Equal(network.Initialise(1), network.Initialise(1));
        Assert.NotEqual(network.Initialise(1), network.Initialise(2));
        Assert.NotEqual(network.Initialise(1), network.Initialise(1, 1));
    }

    [Theory]
    [InlineData("convnet", 3, 0, 9)]
    [InlineData("convnet", 3, 1, 6)]
    [InlineData("convnet", 3, 3, 0)]
    [InlineData("mlp", 2, 0, 5)]
    [InlineData("mlp", 2, 1, 3)]
    [InlineData("mlp", 2, 2, 0)]
    [InlineData("lenet", 0, 0, 9)]
    [InlineData("lenet", 0, 2, 4)]
    [InlineData("lenet", 0, 4, 0)]
    public void A_top_is_its_part_of_the_whole(string architecture, int depth, int blocks, int firstLayer)
    {
        Network whole = Network.Create(new NetworkOptions(architecture, 6, depth, Fashion, 10));
        Assert.Equal(firstLayer, whole.BlockStart(blocks));

        Network top = whole.Top(firstLayer);

        Assert.Equal(whole.Initialise(3)[top.ParameterOffset..], top.Initialise(3));
        Assert.Equal(0, top.Parameters[0].Offset);
        Assert.Equal(whole.Parameters.TakeLast(top.Parameters.Count).Select(p => (p.Name, p.Offset)),
            top.Parameters.Select(p => (p.Name, p.Offset + top.ParameterOffset)));
        Assert.Equal(blocks, top.BlockCount);
        Assert.Equal(whole.HeadStart - firstLayer, top.HeadStart);
        if (firstLayer > 0)
        {
            Network bottom = whole.Bottom(firstLayer);
            Assert.Equal(top.Input, bottom.Output);
            Assert.Equal(top.ParameterOffset, bottom.ParameterCount);
            Assert.Equal(whole.BlockCount, bottom.BlockCount + top.BlockCount);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-1)]
    [InlineData(11)]
    public void A_network_is_not_cut_between_a_convolution_and_its_norm(int layer)
    {
        Network network = Network.Create(NetworkOptions.ConvNet(Fashion, 10, width: 4));

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => network.Top(layer));
        Assert.Contains("0, 3, 6, 9, 10", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("convnet", 8, 5, 28, 10, "at most 4")]
    [InlineData("convnet", 0, 3, 28, 10, "width 0")]
    [InlineData("convnet", 8, 0, 28, 10, "depth 0")]
    [InlineData("convnet", 60000, 3, 28, 10, "more parameters than a vector holds")]
    [InlineData("mlp", 0, 1, 28, 10, "width 0")]
    [InlineData("mlp", 8, 0, 28, 10, "depth 0")]
    [InlineData("lenet", 8, 1, 11, 10, "at least 12×12")]
    [InlineData("resnet", 8, 1, 28, 10, "'resnet'")]
    [InlineData("convnet", 8, 3, 28, 1, "at least 2 classes")]
    [InlineData("convnet", 8, 3, 0, 10, "1×0×0")]
    public void Impossible_settings_are_refused_with_their_reason(string architecture, int width, int depth, int side, int classes,
    string reason)
    {
        var error = Assert.Throws<ArgumentException>(
            () => Network.Create(new NetworkOptions(architecture, width, depth, new ImageShape(1, side, side), classes)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
