using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using Xunit;

namespace DdmNative.Attribution.Tests.Networks;

public sealed class NamedParametersTests
{
    private static readonly Network Network = Network.Create(new NetworkOptions("convnet", 4, 1, new ImageShape(1, 4, 4), 3));

    [Fact]
    public void A_vector_survives_the_way_through_named_tensors_in_any_order()
    {
        float[] values = Network.Initialise(4);
        IReadOnlyList<NamedTensor> tensors = Network.ToNamedTensors(values);

        Assert.Equal([4, 1, 3, 3], tensors[0].Shape);
        Assert.Equal(values, Network.FromNamedTensors("model.safetensors", [.. tensors.Reverse()]));
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        NamedTensor[] tensors = [.. Network.ToNamedTensors(Network.Initialise(4)).Where(t => t.Name != "head.bias")];

        Refused(tensors, "missing: head.bias [3]");
    }

    [Fact]
    public void An_unexpected_tensor_is_named()
    {
        NamedTensor[] tensors = [.. Network.ToNamedTensors(Network.Initialise(4)),
            new NamedTensor("blocks.1.conv.bias", [4], new float[4])];

        Refused(tensors, "not the network's: blocks.1.conv.bias [4]");
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes()
    {
        NamedTensor[] tensors = [
            .. Network.ToNamedTensors(Network.Initialise(4)).Select(t => t.Name == "head.weight" ? t with { Shape = [16, 3] } : t)];

        Refused(tensors, "of another shape: head.weight [16, 3], not [3, 16]");
    }

    [Fact]
    public void A_tensor_given_twice_is_named()
    {
        IReadOnlyList<NamedTensor> tensors = Network.ToNamedTensors(Network.Initialise(4));

        Refused([.. tensors, tensors[2]], "twice: blocks.0.norm.weight and blocks.0.norm.weight");
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        NamedTensor[] tensors = [
            .. Network.ToNamedTensors(Network.Initialise(4)).Where(t => t.Name != "head.bias")
            .Select(t => t.Name == "blocks.0.norm.bias" ? t with { Shape = [2, 2] } : t), new NamedTensor("extra", [1], [0])];

        Refused(tensors, "missing: head.bias [3]; of another shape: blocks.0.norm.bias [2, 2], not [4]; not the network's: extra [1]");
    }

    private static void Refused(NamedTensor[] tensors, string reason)
    {
        var error = Assert.Throws<BadInputException>(() => Network.FromNamedTensors("model.safetensors", tensors));
        Assert.Equal("model.safetensors", error.File);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
