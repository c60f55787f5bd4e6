using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>One step of a network, immutable and without buffers: what it takes and gives, and its parameters.</summary>
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

    /// <summary>The shape of one sample as it comes in.</summary>
    public ImageShape Input { get; }

    /// <summary>The shape of one sample as it goes out.</summary>
    public ImageShape Output { get; }

    /// <summary>The layer's own parameters; offsets count from its first one. Empty for layers that learn nothing.</summary>
    public IReadOnlyList<ParameterTensor> Parameters { get; }

    public int ParameterCount { get; }

    /// <summary>Whether a network may be cut right before this layer. A norm or a ReLU belongs to what stands before it.</summary>
    public virtual bool CanStartNetwork => true;

    /// <summary>Plans the layer's part of a pass over E members × N samples.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="parameterOffset">Where the layer's parameters start in the network's vector.</param>
    /// <param name="members">E.</param>
    /// <param name="samples">N per member.</param>
    internal abstract LayerPass Plan(Device device, int parameterOffset, int members, int samples);
}
