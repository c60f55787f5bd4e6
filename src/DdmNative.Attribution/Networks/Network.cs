using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// A classifier as a graph of layers over one flat parameter vector; immutable and without buffers (which <see cref="NetworkPass"/> has). A
/// cut network (<see cref="Top"/>, <see cref="Bottom"/>) is a network too.
/// </summary>
/// <remarks>
/// The layers are in an order in which every layer comes after those whose outputs it reads. Tensor i is the output of layer i, tensor
/// <see cref="Images"/> the network's input.
/// </remarks>
public sealed class Network
{
    private readonly int[] _blockStarts;
    private readonly int[] _layerOffsets;
    private readonly int[][] _inputs;
    private readonly bool[] _dependsOnParameters;

    internal Network(NetworkOptions options, IReadOnlyList<Layer> layers, IReadOnlyList<int[]> inputs, IReadOnlyList<int> blockStarts,
        int headStart, int parameterOffset)
    {
        Options = options;
        Layers = [.. layers];
        _inputs = [.. inputs];
        _dependsOnParameters = new bool[layers.Count];
        for (int i = 0; i < layers.Count; i++)
            _dependsOnParameters[i] = layers[i].ParameterCount > 0 || _inputs[i].Any(DependsOnParameters);
        HeadStart = headStart;
        ParameterOffset = parameterOffset;
        _blockStarts = [.. blockStarts];
        _layerOffsets = new int[layers.Count];
        var parameters = new List<ParameterTensor>();
        int offset = 0;
        for (int i = 0; i < layers.Count; i++)
        {
            int start = _layerOffsets[i] = offset;
            parameters.AddRange(layers[i].Parameters.Select(p => p with { Offset = start + p.Offset }));
            offset = checked(offset + layers[i].ParameterCount);
        }
        Parameters = parameters;
        ParameterCount = offset;
        Constants = FindConstants(parameters);
        Blocks = [.. parameters.Where(p => p.IsTrained).Select(p => p.Block)];
    }

    /// <summary>The number of the tensor that holds the network's input.</summary>
    internal const int Images = -1;

    /// <summary>The options of the whole network, also for a cut one.</summary>
    public NetworkOptions Options { get; }

    /// <summary>The shape of one input sample.</summary>
    public ImageShape Input => Layers[0].Input;

    /// <summary>The shape of one output sample: K×1×1 logits, or the features of a <see cref="Bottom"/>.</summary>
    public ImageShape Output => Layers[^1].Output;

    public int Classes => Options.Classes;

    /// <summary>The layers, from the images to the logits.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>Every parameter tensor in the order of the vector, which is PyTorch's <c>state_dict</c> order.</summary>
    public IReadOnlyList<ParameterTensor> Parameters { get; }

    /// <summary>P: the length of the parameter vector.</summary>
    public int ParameterCount { get; }

    /// <summary>The trained parameter tensors in the form for <see cref="GradientDistance"/>.</summary>
    public IReadOnlyList<ParameterBlock> Blocks { get; }

    /// <summary>The parts of the vector that are not trained: the running statistics of batch norms.</summary>
    internal IReadOnlyList<(int Offset, int Length)> Constants { get; }

    /// <summary>The position of this network's vector in the whole network's; 0 unless it is a <see cref="Top"/>.</summary>
    public int ParameterOffset { get; }

    /// <summary>
    /// Whether the training form lets samples of a batch affect each other, because the network has batch norms.
    /// </summary>
    public bool CouplesSamples => Layers.Any(layer => layer is BatchNormLayer);

    /// <summary>Whether only one layer has parameters, as in a head.</summary>
    internal bool IsOneLayer => Layers.Count(layer => layer.ParameterCount > 0) == 1;

    /// <summary>Whether a pass in the training form differs from one in the evaluation form.</summary>
    public bool HasTrainingForm => Layers.Any(layer => layer is BatchNormLayer or DropoutLayer);

    /// <summary>
    /// The number of blocks of the depth dial: a ConvNet's depth, an MLP's hidden layers, LeNet's four. The head is not a block.
    /// </summary>
    public int BlockCount => _blockStarts.Length;

    /// <summary>The first layer of the head (a flatten if its input are images, and the linear layer to the classes).</summary>
    public int HeadStart { get; }

    /// <summary>Creates a network.</summary>
    /// <exception cref="ArgumentException">The architecture is unknown, or the options do not fit each other; the message says
    /// which.</exception>
    public static Network Create(NetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Input is not { Channels: >= 1, Height: >= 1, Width: >= 1 })
            throw new ArgumentException($"Images of {options.Input} do not exist; every extent must be at least 1.", nameof(options));
        if (options.Classes < 2)
            throw new ArgumentException($"A classifier needs at least 2 classes; {options.Classes} were requested.", nameof(options));
        try
        {
            return NetworkRegistry.Find(options.Architecture)?.Create(options) ?? throw new ArgumentException(
                $"There is no architecture '{options.Architecture}'; choose one of {string.Join(", ", NetworkRegistry.Names)}.",
                nameof(options));
        }
        catch (OverflowException overflow)
        {
            throw new ArgumentException(
                $"A {options.Describe()} on images of {options.Input} has more parameters than a vector holds ({int.MaxValue}).",
                nameof(options), overflow);
        }
    }

    /// <summary>
    /// Creates a parameter vector by PyTorch's default initialisation with Philox: parameter i of the whole network uses position i of the
    /// stream, so that a <see cref="Top"/> is initialised exactly like its part of the whole network.
    /// </summary>
    public float[] Initialise(ulong seed, uint stream = 0)
    {
        var values = new float[ParameterCount];
        foreach (ParameterTensor parameter in Parameters)
        {
            for (int i = parameter.Offset; i < parameter.Offset + parameter.Length; i++)
                values[i] = parameter.Initial.Value(seed, stream, (ulong)(ParameterOffset + (long)i));
        }
        return values;
    }

    /// <summary>The first layer of the top <paramref name="blocksFromTop"/> blocks; for 0 blocks, of the head.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The network has fewer blocks.</exception>
    public int BlockStart(int blocksFromTop)
    {
        if (blocksFromTop < 0 || blocksFromTop > BlockCount)
            throw new ArgumentOutOfRangeException(nameof(blocksFromTop), blocksFromTop, $"The network has {BlockCount} blocks.");
        return blocksFromTop == 0 ? HeadStart : _blockStarts[^blocksFromTop];
    }

    /// <summary>
    /// The layers from <paramref name="firstLayer"/> on as a separate network, whose input are the activations before them. Parameters keep
    /// their names; offsets start at 0 again, and <see cref="ParameterOffset"/> is their position in the whole vector.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No network can start there.</exception>
    public Network Top(int firstLayer)
    {
        RequireCut(firstLayer, 0, Layers.Count - 1);
        return new Network(
            Options, [.. Layers.Skip(firstLayer)],
            [.. _inputs.Skip(firstLayer).Select(inputs => Array.ConvertAll(inputs, input => input - firstLayer))],
            [.. _blockStarts.Where(start => start >= firstLayer).Select(start => start - firstLayer)],
            Math.Max(HeadStart - firstLayer, 0), ParameterOffset + _layerOffsets[firstLayer]);
    }

    /// <summary>
    /// The layers below <paramref name="firstLayer"/>: its output is the input of <see cref="Top"/> of the same layer. Its vector is the
    /// beginning of the whole one's.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No network can end there.</exception>
    public Network Bottom(int firstLayer)
    {
        RequireCut(firstLayer, 1, Layers.Count - 1);
        return new Network(
            Options, [.. Layers.Take(firstLayer)], [.. _inputs.Take(firstLayer)],
            [.. _blockStarts.Where(start => start < firstLayer)], Math.Min(HeadStart, firstLayer), ParameterOffset);
    }

    /// <summary>Consecutive tensors that are not trained are one part.</summary>
    private static List<(int Offset, int Length)> FindConstants(IEnumerable<ParameterTensor> parameters)
    {
        var constants = new List<(int Offset, int Length)>();
        foreach (ParameterTensor parameter in parameters.Where(parameter => !parameter.IsTrained))
        {
            if (constants.Count > 0 && constants[^1].Offset + constants[^1].Length == parameter.Offset)
                constants[^1] = (constants[^1].Offset, constants[^1].Length + parameter.Length);
            else
                constants.Add((parameter.Offset, parameter.Length));
        }
        return constants;
    }

    /// <summary>The position of a layer's parameters in the vector.</summary>
    internal int LayerOffset(int layer) => _layerOffsets[layer];

    /// <summary>The tensors that a layer reads.</summary>
    internal IReadOnlyList<int> InputsOf(int layer) => _inputs[layer];

    /// <summary>The shape of one sample of a tensor.</summary>
    internal ImageShape ShapeOf(int tensor) => tensor == Images ? Input : Layers[tensor].Output;

    /// <summary>Whether a tensor depends on parameters.</summary>
    internal bool DependsOnParameters(int tensor) => tensor != Images && _dependsOnParameters[tensor];

    private void RequireCut(int firstLayer, int lowest, int highest)
    {
        if (firstLayer < lowest || firstLayer > highest || !CanCut(firstLayer))
        {
            IEnumerable<int> possible = Enumerable.Range(lowest, highest - lowest + 1).Where(CanCut);
            throw new ArgumentOutOfRangeException(nameof(firstLayer), firstLayer,
                $"The network can be cut before layers {string.Join(", ", possible)}.");
        }
    }

    /// <summary>Whether the layers from this one on read nothing from below but the output of the layer before it.</summary>
    private bool CanCut(int firstLayer)
        => Layers[firstLayer].CanStartNetwork && _inputs.Skip(firstLayer).All(inputs => inputs.All(input => input >= firstLayer - 1));
}
