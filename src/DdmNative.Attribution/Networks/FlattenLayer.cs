using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>Flattens images to vectors in PyTorch's order (C, then H, then W).</summary>
public sealed class FlattenLayer : Layer
{
    internal FlattenLayer(ImageShape input)
        : base(input, new ImageShape(input.Length, 1, 1))
    {
    }

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private sealed class Pass(FlattenLayer layer, Device device, int parameterOffset) : LinearMapPass(layer, device, parameterOffset)
    {
        protected override void Map(Tensor x, Tensor y) => Device.Flatten.Forward(x, y);

        protected override void MapBack(Tensor cotangent, Tensor xCotangent) => Device.Flatten.Backward(cotangent, xCotangent);
    }
}
