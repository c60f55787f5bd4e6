namespace DdmNative.Attribution.Networks;

/// <summary>Builds a network from the bottom up; the file of an architecture is a list of calls of these methods.</summary>
internal sealed class LayerStack(ImageShape input)
{
    private readonly List<Layer> _layers = [];
    private readonly List<int> _blockStarts = [];
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
        return new Network(options, _layers, _blockStarts, headStart, 0);
    }

    private LayerStack Add(Layer layer)
    {
        _layers.Add(layer);
        _output = layer.Output;
        return this;
    }
}
