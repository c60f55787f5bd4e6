namespace DdmNative.Attribution.Networks;

/// <summary>
/// Builds a network from the bottom up; the file of an architecture is a list of calls of these methods. A layer reads the output of the
/// layer that was added before it; <see cref="Residual"/> makes two paths.
/// </summary>
internal sealed class LayerStack(ImageShape input)
{
    private readonly List<Layer> _layers = [];
    private readonly List<int[]> _inputs = [];
    private readonly List<int> _blockStarts = [];
    private int _top = Network.Images;
    private ImageShape _output = input;

    /// <summary>Starts a block: a unit that the depth dial freezes or retrains completely.</summary>
    public LayerStack Block()
    {
        _blockStarts.Add(_layers.Count);
        return this;
    }

    public LayerStack Convolution(string name, int outputChannels, int kernelSize, int padding)
        => Add(new ConvolutionLayer(name, _output, outputChannels, kernelSize, padding));

    public LayerStack InstanceNorm(string name) => Add(new InstanceNormLayer(name, _output));

    public LayerStack ReluAvgPool(int window) => Add(new ReluAvgPoolLayer(_output, window));

    public LayerStack Relu() => ReluAvgPool(1);

    public LayerStack Flatten() => Add(new FlattenLayer(_output));

    public LayerStack Linear(string name, int outputs) => Add(new LinearLayer(name, _output, outputs));

    /// <summary>Adds the head: the linear layer to the classes, after a flatten if its input are images.</summary>
    public Network Head(NetworkOptions options)
    {
        int headStart = _layers.Count;
        if (_output is not { Height: 1, Width: 1 })
            Flatten();
        Linear("head", options.Classes);
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
