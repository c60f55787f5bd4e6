using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The kernel calls of a network over E members × N samples, forward, backward and the tangents of both, on buffers that are allocated
/// once.
/// </summary>
/// <remarks>
/// <para>Call in the order Forward, Backward, ForwardTangent, BackwardTangent (the middle two in either order), with the same operands
/// throughout, inside one recorded plan: intermediate results are in transient tensors.</para>
/// <para>parameters and parametersTangent [E or 1, 1, P, 1, 1]; images [E or 1, N, C, H, W]; results have E members and are
/// assigned.</para>
/// <para>With D <see cref="Directions"/>, one model (E = 1) is differentiated along D directions at once: its forward and backward pass run
/// once for all of them, and tangents have D members. A backward pass with a gradient of D members pulls D cotangents back.</para>
/// <para>Layers are recorded in the network's order, and backwards in the opposite one. Below the lowest layers with parameters nothing is
/// recorded unless the images' cotangent or tangent is requested.</para>
/// </remarks>
public sealed class NetworkPass : IDisposable
{
    private readonly Device _device;
    private readonly LayerPass[] _passes;
    private readonly Tensor[] _outputs;
    private readonly Tensor?[] _tangents;
    private readonly Cotangents _cotangents, _cotangentTangents;
    private (Tensor Parameters, Tensor Images)? _forward;
    private (Tensor Parameters, Tensor? Images)? _forwardTangent;
    private Tensor? _backward;

    /// <summary>Plans a pass; buffers for cotangents and tangents are allocated when they are first requested.</summary>
    /// <param name="device">The device that runs it.</param>
    /// <param name="network">The network, complete or cut.</param>
    /// <param name="members">E: the number of models that run together.</param>
    /// <param name="samples">N: samples per member.</param>
    /// <param name="keepOutput">Whether <see cref="Output"/> remains valid after a run of its plan, so that it can be downloaded.</param>
    /// <param name="training">The inputs of a pass in the training form; null for the evaluation form.</param>
    /// <param name="directions">D, for one model; null for one direction per member.</param>
    /// <exception cref="ArgumentException">Several models have directions of their own already.</exception>
    public NetworkPass(Device device, Network network, int members, int samples, bool keepOutput = false, TrainingInputs? training = null,
        int? directions = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        if (directions is not null && members != 1)
            throw new ArgumentException($"{members} members have a direction each; only one model has several.", nameof(directions));
        (this._device, Network, Members, Samples, Directions) = (device, network, members, samples, directions ?? members);
        int count = network.Layers.Count;
        _passes = new LayerPass[count];
        _outputs = new Tensor[count];
        for (int i = 0; i < count; i++)
        {
            _passes[i] = network.Layers[i].Plan(device, network.LayerOffset(i), members, samples, training);
            TensorShape shape = network.Layers[i].Output.For(members, samples);
            _outputs[i] = keepOutput && i == count - 1 ? device.Allocate(shape) : device.AllocateTransient(shape);
        }
        _tangents = new Tensor?[count];
        _cotangents = new Cotangents(device, network, samples);
        _cotangentTangents = new Cotangents(device, network, samples);
    }

    public Network Network { get; }

    /// <summary>E.</summary>
    public int Members { get; }

    /// <summary>N.</summary>
    public int Samples { get; }

    /// <summary>D: the members of tangents; E unless one model has several directions.</summary>
    public int Directions { get; }

    /// <summary>Logits [E, N, K, 1, 1], or the features of a <see cref="Network.Bottom"/>, written by <see cref="Forward"/>.</summary>
    public Tensor Output => _outputs[^1];

    /// <summary>The tangent of <see cref="Output"/>, written by <see cref="ForwardTangent"/>.</summary>
    public Tensor OutputTangent => Tangent(Last);

    private int Last => _passes.Length - 1;

    /// <summary>Computes <see cref="Output"/>.</summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Forward(Tensor parameters, Tensor images)
    {
        RequireVector(parameters, Members, shared: true);
        (_forward, _forwardTangent, _backward) = ((parameters, images), null, null);
        for (int i = 0; i <= Last; i++)
            _passes[i].Forward(parameters, Inputs(i, images), _outputs[i]);
    }

    /// <summary>Computes the cotangents of the parameters and the images from the cotangent of <see cref="Output"/>.</summary>
    /// <param name="parameters">As passed to <see cref="Forward"/>.</param>
    /// <param name="images">As passed to <see cref="Forward"/>.</param>
    /// <param name="outputCotangent">∂/∂output of the function to differentiate, [E or 1, N, K, 1, 1].</param>
    /// <param name="gradient">Receives ∂/∂θ, [E or D, 1, P, 1, 1], summed over the member's samples; null if it is not needed.</param>
    /// <param name="imagesCotangent">Receives ∂/∂images, [E, N, C, H, W]; null if it is not needed, which saves the first layer's
    /// work.</param>
    /// <param name="products">Receives each sample's products with directions, besides the gradient, whose bits do not change; for passes
    /// with one member.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or products are requested for several members or without a
    /// gradient.</exception>
    /// <exception cref="InvalidOperationException">Forward has not been recorded before it with the same parameters and images.</exception>
    public void Backward(Tensor parameters, Tensor images, Tensor outputCotangent, Tensor? gradient, Tensor? imagesCotangent,
        GhostProducts? products = null)
    {
        Require(_forward == (parameters, images), nameof(Backward), nameof(Forward), "parameters and images");
        if (products is not null && (gradient is null || Members != 1))
            throw new ArgumentException(
                $"Products of samples need the gradient of one member; there "
                + $"{(gradient is null ? "is no gradient" : $"are {Members} members")}.", nameof(products));
        int members = gradient?.Shape.Members == Directions ? Directions : Members;
        if (gradient is not null)
            RequireVector(gradient, members, shared: false);
        _backward = outputCotangent;
        RecordBackward(_cotangents, members, outputCotangent, imagesCotangent, (i, cotangent, inputs) =>
            _passes[i].Backward(parameters, Inputs(i, images), cotangent, gradient, inputs, products?.OfLayer(i)));
        ClearConstants(gradient);
        products?.RecordSecondPass(parameters, images, outputCotangent);
    }

    /// <summary>
    /// The tangent of <see cref="Forward"/> if the parameters move along <paramref name="parametersTangent"/> and the images along
    /// <paramref name="imagesTangent"/>.
    /// </summary>
    /// <param name="parameters">As passed to <see cref="Forward"/>.</param>
    /// <param name="parametersTangent">θ̇, [D or 1, 1, P, 1, 1].</param>
    /// <param name="images">As passed to <see cref="Forward"/>.</param>
    /// <param name="imagesTangent">ẋ, [E or 1, N, C, H, W]; null if the images are constant.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="InvalidOperationException">Forward has not been recorded before it with the same parameters and images.</exception>
    public void ForwardTangent(Tensor parameters, Tensor parametersTangent, Tensor images, Tensor? imagesTangent)
    {
        Require(_forward == (parameters, images), nameof(ForwardTangent), nameof(Forward), "parameters and images");
        RequireVector(parametersTangent, Directions, shared: true);
        _forwardTangent = (parametersTangent, imagesTangent);
        for (int i = 0; i <= Last; i++)
        {
            if (Varies(i, imagesTangent))
                _passes[i].ForwardTangent(parameters, parametersTangent, Inputs(i, images), InputTangents(i, imagesTangent), Tangent(i));
        }
    }

    /// <summary>The tangent of <see cref="Backward"/>.</summary>
    /// <param name="parameters">As passed to <see cref="Forward"/>.</param>
    /// <param name="parametersTangent">As passed to <see cref="ForwardTangent"/>.</param>
    /// <param name="images">As passed to <see cref="Forward"/>.</param>
    /// <param name="imagesTangent">As passed to <see cref="ForwardTangent"/>.</param>
    /// <param name="outputCotangent">As passed to <see cref="Backward"/>.</param>
    /// <param name="outputCotangentTangent">Its tangent, [E or 1, N, K, 1, 1].</param>
    /// <param name="gradientTangent">Receives the tangent of ∂/∂θ: a Hessian-vector product, [D, 1, P, 1, 1]; null if it is not
    /// needed.</param>
    /// <param name="imagesCotangentTangent">Receives the tangent of ∂/∂images, [E, N, C, H, W]; null if it is not needed.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="InvalidOperationException">Forward, Backward and ForwardTangent have not all been recorded before it with the same
    /// operands.</exception>
    public void BackwardTangent(
        Tensor parameters, Tensor parametersTangent, Tensor images, Tensor? imagesTangent, Tensor outputCotangent,
        Tensor outputCotangentTangent,
        Tensor? gradientTangent, Tensor? imagesCotangentTangent)
    {
        Require(_forward == (parameters, images), nameof(BackwardTangent), nameof(Forward), "parameters and images");
        Require(_backward == outputCotangent, nameof(BackwardTangent), nameof(Backward),
            "output cotangent, whose cotangents of every layer it needs");
        Require(_forwardTangent == (parametersTangent, imagesTangent), nameof(BackwardTangent), nameof(ForwardTangent), "tangents");
        if (gradientTangent is not null)
            RequireVector(gradientTangent, Directions, shared: false);
        RecordBackward(_cotangentTangents, Directions, outputCotangentTangent, imagesCotangentTangent, (i, cotangentTangent, inputs) =>
            _passes[i].BackwardTangent(parameters, parametersTangent, Inputs(i, images), InputTangents(i, imagesTangent),
                _cotangents.Summed(i), cotangentTangent, gradientTangent, inputs));
        ClearConstants(gradientTangent);
    }

    /// <summary>
    /// Moves the running statistics of batch norms in <paramref name="parameters"/> towards those of the batch, in place, after <see
    /// cref="Forward"/> in the training form; nothing for other networks and in the evaluation form.
    /// </summary>
    /// <exception cref="ArgumentException">The parameters are shared by several members.</exception>
    public void UpdateRunningStatistics(Tensor parameters)
    {
        RequireVector(parameters, Members, shared: false);
        foreach (LayerPass pass in _passes)
            pass.UpdateRunningStatistics(parameters);
    }

    /// <summary>
    /// A layer's (first) input and the cotangent of its output, written by <see cref="Backward"/>; valid until the end of the plan's run.
    /// </summary>
    /// <exception cref="InvalidOperationException">Backward has not been recorded before it with these images and this
    /// cotangent.</exception>
    internal (Tensor Input, Tensor Cotangent) Ends(int layer, Tensor images, Tensor outputCotangent)
    {
        Require(_forward?.Images == images && _backward == outputCotangent, nameof(Ends), nameof(Backward), "images and output cotangent");
        return (Value(Network.InputsOf(layer)[0], images), _cotangents.Summed(layer)!);
    }

    public void Dispose()
    {
        foreach (LayerPass pass in _passes)
            pass.Dispose();
        foreach (Tensor? tensor in _outputs.Concat(_tangents))
            tensor?.Dispose();
        _cotangents.Dispose();
        _cotangentTangents.Dispose();
    }

    /// <summary>Records one layer after the other from the top: its cotangent, and where those of its inputs go.</summary>
    private void RecordBackward(Cotangents cotangents, int members, Tensor outputCotangent, Tensor? imagesResult,
        Action<int, Tensor, Tensor?[]> recordLayer)
    {
        cotangents.Begin(members, outputCotangent, imagesResult);
        for (int i = Last; i >= 0; i--)
        {
            if (!Varies(i, imagesResult))
                continue;
            Tensor cotangent = cotangents.Sum(i);
            if (Network.Layers[i].PassesCotangent)
            {
                foreach (int input in Network.InputsOf(i).Where(input => Varies(input, imagesResult)))
                    cotangents.PassOn(input, cotangent);
                continue;
            }
            recordLayer(i, cotangent,
                [.. Network.InputsOf(i).Select(input => Varies(input, imagesResult) ? cotangents.AddContribution(input) : null)]);
        }
        if (imagesResult is not null)
            cotangents.Sum(Network.Images);
    }

    /// <summary>
    /// Assigns zero to the gradient of the running statistics, which no layer computes. All together after the layers, because such a call
    /// between two layers would end the phase of a CPU plan.
    /// </summary>
    private void ClearConstants(Tensor? gradient)
    {
        if (gradient is null)
            return;
        foreach ((int offset, int length) in Network.Constants)
            _device.Fill.Assign(new Slice(gradient, offset, length), 0);
    }

    /// <summary>Whether a tensor depends on parameters, or on images that have a tangent or whose cotangent is requested.</summary>
    private bool Varies(int tensor, Tensor? imagesTensor) => imagesTensor is not null || Network.DependsOnParameters(tensor);

    /// <summary>The values of tensor <paramref name="tensor"/>: the images, or a layer's output.</summary>
    private Tensor Value(int tensor, Tensor images) => tensor == Network.Images ? images : _outputs[tensor];

    private Tensor[] Inputs(int layer, Tensor images) => [.. Network.InputsOf(layer).Select(input => Value(input, images))];

    private Tensor?[] InputTangents(int layer, Tensor? imagesTangent)
        => [.. Network.InputsOf(layer).Select(input =>
            !Varies(input, imagesTangent) ? null : input == Network.Images ? imagesTangent : Tangent(input))];

    private Tensor Tangent(int layer)
        => _tangents[layer] ??= _device.AllocateTransient(Network.Layers[layer].Output.For(Directions, Samples));

    private void RequireVector(Tensor vector, int members, bool shared)
    {
        TensorShape expected = TensorShape.Vector(members, Network.ParameterCount);
        if (vector.Shape != expected && !(shared && vector.Shape == expected.WithMembers(1)))
            throw new ArgumentException(
                $"A vector shaped like the parameters has shape {vector.Shape}; expected {expected}{(shared ? " or one shared" : "")}.");
    }

    private static void Require(bool done, string call, string before, string operands)
    {
        if (!done)
            throw new InvalidOperationException($"{call} must follow {before} in the same plan, with the same {operands}.");
    }
}
