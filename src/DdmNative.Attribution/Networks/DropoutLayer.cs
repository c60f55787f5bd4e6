using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// Dropout (Srivastava et al. 2014): in the training form, elements are dropped with a probability, and the others are divided by the
/// probability to be kept; in the evaluation form, the identity. A sample's mask depends on the sample and the step, not on the model.
/// </summary>
public sealed class DropoutLayer : Layer
{
    private readonly int _number;

    /// <param name="input">The shape of a sample.</param>
    /// <param name="rate">The probability that an element is dropped, in [0, 1).</param>
    /// <param name="number">The number of the layer among the network's dropout layers, which gives it masks of its own.</param>
    internal DropoutLayer(ImageShape input, float rate, int number)
        : base(input, input)
        => (Rate, _number) = (rate, number);

    /// <summary>The probability that an element is dropped.</summary>
    public float Rate { get; }

    public override bool CanStartNetwork => false;

    internal override LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training)
        => new Pass(this, device, parameterOffset, training);

    private sealed class Pass(DropoutLayer layer, Device device, int parameterOffset, TrainingInputs? training)
        : LinearMapPass(layer, device, parameterOffset)
    {
        protected override void Map(Tensor x, Tensor y)
        {
            if (training is null)
                Device.LinearCombination.Copy(x, y);
            else
                Device.Dropout.Apply(layer.Rate, training.Seed, layer._number, training.Keys, x, y);
        }

        protected override void MapBack(Tensor cotangent, Tensor xCotangent) => Map(cotangent, xCotangent);
    }
}
