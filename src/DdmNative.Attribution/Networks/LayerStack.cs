using System.Numerics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// Builds a network from the bottom up; the file of an architecture is a list of calls of these methods. A layer reads the output of the
/// layer that was added before it; <see cref="Residual"/> makes two paths.
/// </summary>
internal sealed class LayerStack(ImageShape input)
{
    /// <summary>The groups of a group norm (Wu and He 2018).</summary>
    private const int UsualGroups = 32;

    private readonly List<Layer> _layers = [];
    private readonly List<int[]> _inputs = [];
    private readonly List<int> _blockStarts = [];
    private int _dropouts;
    private int _top = Network.Images;
    private ImageShape _output = input;

    /// <summary>The shape of one sample of the present output.</summary>
    public ImageShape Output => _output;

    /// <summary>Starts a block: a unit that the depth dial freezes or retrains completely.</summary>
    public LayerStack Block()
    {
        _blockStarts.Add(_layers.Count);
        return this;
    }

    public LayerStack Convolution(string name, int outputChannels, int kernelSize, int padding, int stride = 1, bool hasBias = true,
        InitialRange? initial = null)
        => Add(new ConvolutionLayer(name, _output,
            new ConvolutionShape(_output.Channels, outputChannels, _output.Height, _output.Width, kernelSize, padding, stride), hasBias,
            initial));

    public LayerStack Norm(string name, NormKind kind) => Add(kind switch
    {
        NormKind.Instance => new InstanceNormLayer(name, _output),
        NormKind.Batch => new BatchNormLayer(name, _output),
        _ => new GroupNormLayer(name, _output, (int)BigInteger.GreatestCommonDivisor(_output.Channels, UsualGroups)),
    });

    public LayerStack Activate(Activation activation)
        => Add(activation == Activation.Gelu ? new GeluLayer(_output) : new ReluAvgPoolLayer(_output, 1));

    /// <summary>The nonlinearity and a mean over windows, for ReLU in one kernel.</summary>
    public LayerStack ActivateAndAvgPool(Activation activation, int window)
        => activation == Activation.Relu ? Add(new ReluAvgPoolLayer(_output, window)) : Activate(activation).AvgPool(window);

    public LayerStack MaxPool(int window, int stride, int padding = 0) => Add(new MaxPoolLayer(_output, new(window, stride, padding)));

    public LayerStack AvgPool(int window) => Add(new AvgPoolLayer(_output, new(window, window)));

    public LayerStack GlobalMaxPool() => Add(new MaxPoolLayer(_output, PoolingShape.Global(_output.Height, _output.Width)));

    public LayerStack GlobalAvgPool() => Add(new AvgPoolLayer(_output, PoolingShape.Global(_output.Height, _output.Width)));

    /// <summary>Drops elements in training; nothing for rate 0.</summary>
    public LayerStack Dropout(float rate) => rate == 0 ? this : Add(new DropoutLayer(_output, rate, _dropouts++));

    public LayerStack Scale(float factor) => Add(new ScaleLayer(_output, factor));

    public LayerStack Flatten() => Add(new FlattenLayer(_output));

    public LayerStack Linear(string name, int outputs, bool hasBias = true) => Add(new LinearLayer(name, _output, outputs, hasBias));

    /// <summary>
    /// Adds the head: the linear layer to the classes, after a flatten if its input are images, and a constant factor of the logits.
    /// </summary>
    public Network Head(NetworkOptions options, bool hasBias = true, float factor = 1)
    {
        int headStart = _layers.Count;
        if (_output is not { Height: 1, Width: 1 })
            Flatten();
        Linear("head", options.Classes, hasBias);
        if (factor != 1)
            Scale(factor);
        return new Network(options, _layers, _inputs, _blockStarts, headStart, 0);
    }

    /// <summary>
    /// Adds the sum of two paths from the present output: the body, and the shortcut, by default the identity (He et al. 2016).
    /// </summary>
    /// <exception cref="ArgumentException">The paths end in different shapes.</exception>
    public LayerStack Residual(Action<LayerStack> body, Action<LayerStack>? shortcut = null)
    {
        (int start, ImageShape input) = (_top, _output);
        body(this);
        (int bodyTop, ImageShape bodyOutput) = (_top, _output);
        (_top, _output) = (start, input);
        shortcut?.Invoke(this);
        if (_output != bodyOutput)
            throw new ArgumentException($"The body of a residual block ends in {bodyOutput}, its shortcut in {_output}.");
        return Add(new AdditionLayer(_output), bodyTop, _top);
    }

    private LayerStack Add(Layer layer) => Add(layer, _top);

    private LayerStack Add(Layer layer, params int[] inputs)
    {
        _layers.Add(layer);
        _inputs.Add(inputs);
        (_top, _output) = (_layers.Count - 1, layer.Output);
        return this;
    }
}
