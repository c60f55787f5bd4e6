using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>y = αx with a constant α, such as a temperature of the logits.</summary>
public sealed class ScaleLayer : Layer
{
    internal ScaleLayer(ImageShape input, float factor)
        : base(input, input)
        => Factor = factor;

    /// <summary>α.</summary>
    public float Factor { get; }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset);

    private sealed class Pass(ScaleLayer layer, Device device, int parameterOffset) : LinearMapPass(layer, device, parameterOffset)
    {
        protected override void Map(Tensor x, Tensor y) => Device.LinearCombination.Combine(layer.Factor, x, 0, x, y);

        protected override void MapBack(Tensor cotangent, Tensor xCotangent) => Map(cotangent, xCotangent);
    }
}
