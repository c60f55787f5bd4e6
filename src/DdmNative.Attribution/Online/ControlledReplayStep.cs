using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>
/// One bin of <see cref="ControlledReplay"/> for a wave of models, as two recorded plans: the reference gradient g_S(θ_t), then all
/// corrections.
/// </summary>
internal sealed class ControlledReplayStep : IDisposable
{
    private readonly List<Tensor> _tensors = [];
    private readonly NetworkPass _referencePass;
    private readonly NetworkPass _pass;
    private readonly Tensor _images;       // [1, B, C, H, W]: a batch of the synset, all G·m of a small one
    private readonly Tensor _labels;       // [1, B, K]
    private readonly Tensor _recorded;     // θ_t [1, 1, P]
    private readonly Tensor _movement;     // Δθ [1, 1, P]
    private readonly Tensor _parameters;   // θ̃ [E, 1, P]
    private readonly Tensor _rate;
    private readonly Tensor _allWeights;   // [1, B], the reference's
    private readonly Tensor _weights;      // [E, B]
    private readonly float[] _everyWeight; // [1 + E, M]: the reference's, then each model's
    private readonly SynsetBatches _batches;
    private readonly IPlan _referencePlan;
    private readonly IPlan _plan;
    private Synset? _synset;

    public ControlledReplayStep(OnlineContext context, Synset like, int[][] removals, float[] start, float momentum)
    {
        Device device = context.Device;
        Network network = context.Network;
        int members = removals.Length;
        TensorShape vector = TensorShape.Vector(members, network.ParameterCount);
        _batches = new SynsetBatches(like.Count);
        var logits = new TensorShape(members, _batches.Size, network.Classes);
        _images = Owned(device.Allocate(like.SharedShape.WithSamples(_batches.Size)));
        _labels = Owned(device.Allocate(logits.WithMembers(1)));
        _recorded = Owned(device.Allocate(vector.WithMembers(1)));
        _movement = Owned(device.Allocate(vector.WithMembers(1)));
        _parameters = Owned(device.Upload(vector, [.. Enumerable.Repeat(start, members).SelectMany(parameters => parameters)]));
        _rate = Owned(device.Allocate(TensorShape.Vector(1, 1)));
        Tensor velocity = Owned(device.Allocate(vector));
        Tensor reference = Owned(device.Allocate(vector.WithMembers(1)));
        _everyWeight = Weights(context, like, [[], .. removals]);
        _allWeights = Owned(device.Allocate(new TensorShape(1, _batches.Size, 1)));
        _weights = Owned(device.Allocate(new TensorShape(members, _batches.Size, 1)));
        Tensor gradient = Owned(device.AllocateTransient(vector));
        Tensor correction = Owned(device.AllocateTransient(vector));
        Tensor? deviation = context.WeightDecay > 0 ? Owned(device.AllocateTransient(vector)) : null;
        Tensor cotangent = Owned(device.AllocateTransient(logits));
        Tensor referenceCotangent = Owned(device.AllocateTransient(logits.WithMembers(1)));
        _referencePass = new NetworkPass(device, network, 1, _batches.Size);
        _pass = new NetworkPass(device, network, members, _batches.Size);

        _referencePlan = device.Record("controlled replay: reference gradient", () =>
        {
            _referencePass.Forward(_recorded, _images);
            device.SoftmaxCrossEntropy.Backward(_referencePass.Output, _labels, _allWeights, referenceCotangent);
            _referencePass.Backward(_recorded, _images, referenceCotangent, reference, null);
        });
        _plan = device.Record("controlled replay step", () =>
        {
            _pass.Forward(_parameters, _images);
            device.SoftmaxCrossEntropy.Backward(_pass.Output, _labels, _weights, cotangent);
            _pass.Backward(_parameters, _images, cotangent, gradient, null);
            device.LinearCombination.Combine(1, gradient, -1, reference, correction);
            if (deviation is not null)
            {
                device.LinearCombination.Combine(1, _parameters, -1, _recorded, deviation);
                device.LinearCombination.Combine(1, correction, context.WeightDecay, deviation, correction);
            }

            device.Sgd.Step(_parameters, velocity, correction, _rate, momentum, nesterov: context.Recipe?.Nesterov ?? false);
            device.LinearCombination.Combine(1, _parameters, 1, _movement, _parameters);
        });
    }

    /// <summary>θ̃ [E, P].</summary>
    public float[] Parameters => _parameters.ToArray();

    /// <summary>Moves every model through the bin between two recorded checkpoints.</summary>
    /// <param name="bin">The bin's number, which determines the batch of a large synset.</param>
    /// <param name="synset">The phase's synset.</param>
    /// <param name="from">θ at the start of the bin.</param>
    /// <param name="to">θ at its end.</param>
    /// <param name="rate">η.</param>
    public void Run(int bin, Synset synset, float[] from, float[] to, float rate)
    {
        if (synset != _synset || !_batches.AreWhole)
            SetBatch(bin, synset);
        var movement = new float[from.Length];
        for (int p = 0; p < movement.Length; p++)
            movement[p] = to[p] - from[p];
        _recorded.Upload(from);
        _movement.Upload(movement);
        _rate.Upload([rate]);
        _referencePlan.Run();
        _plan.Run();
    }

    public void Dispose()
    {
        _referencePlan.Dispose();
        _plan.Dispose();
        _referencePass.Dispose();
        _pass.Dispose();
        _tensors.ForEach(tensor => tensor.Dispose());
    }

    private void SetBatch(int bin, Synset synset)
    {
        _synset = synset;
        (int[] batch, float factor) = _batches.Of(bin);
        _images.Upload(_batches.Pick(synset.Images, 1, synset.ImageLength, batch));
        _labels.Upload(_batches.Pick(synset.Labels, 1, synset.Classes, batch));
        float[] weights = _batches.Pick(_everyWeight, 1 + _weights.Shape.Members, 1, batch, factor);
        _allWeights.Upload(weights.AsSpan(0, _batches.Size));
        _weights.Upload(weights.AsSpan(_batches.Size));
    }

    private static float[] Weights(OnlineContext context, Synset synset, int[][] removals)
    {
        var weights = new float[removals.Length * synset.Count];
        for (int member = 0; member < removals.Length; member++)
            ImageWeights.Fill(context, synset, removals[member], renormalise: false, weights.AsSpan(member * synset.Count, synset.Count));
        return weights;
    }

    private Tensor Owned(Tensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }
}
