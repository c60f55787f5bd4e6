using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>One step of a network, immutable and without buffers: its input and output shapes, and its parameters.</summary>
public abstract class Layer
{
    private protected Layer(ImageShape input, ImageShape output, params ReadOnlySpan<ParameterTensor> parameters)
    {
        Input = input;
        Output = output;
        var placed = new ParameterTensor[parameters.Length];
        int offset = 0;
        for (int i = 0; i < placed.Length; i++)
        {
            placed[i] = parameters[i] with { Offset = offset };
            offset = checked(offset + placed[i].Length);
        }
        Parameters = placed;
        ParameterCount = offset;
    }

    /// <summary>The shape of one input sample; of each, if the layer has several inputs.</summary>
    public ImageShape Input { get; }

    /// <summary>The shape of one output sample.</summary>
    public ImageShape Output { get; }

    /// <summary>The layer's own parameters; offsets count from its first one. Empty for layers without parameters.</summary>
    public IReadOnlyList<ParameterTensor> Parameters { get; }

    public int ParameterCount { get; }

    /// <summary>
    /// Multiply–adds of one forward pass over one sample, of convolutions and linear layers in their direct form; other layers count none.
    /// </summary>
    internal virtual long MultiplyAdds => 0;

    /// <summary>Whether a network may be cut before this layer. A norm or a ReLU belongs to the layer before it.</summary>
    public virtual bool CanStartNetwork => true;

    /// <summary>
    /// Whether the cotangent of each input is that of the output, as in a sum. <see cref="NetworkPass"/> then passes it on without a
    /// kernel.
    /// </summary>
    internal virtual bool PassesCotangent => false;

    /// <summary>Plans the layer's part of a pass over E members × N samples.</summary>
    /// <param name="device">The device that runs it.</param>
    /// <param name="parameterOffset">The position of the layer's parameters in the network's vector.</param>
    /// <param name="members">E.</param>
    /// <param name="samples">N per member.</param>
    /// <param name="training">What a pass in the training form reads; null for the evaluation form.</param>
    internal abstract LayerPass Plan(Device device, int parameterOffset, int members, int samples, TrainingInputs? training);
}
