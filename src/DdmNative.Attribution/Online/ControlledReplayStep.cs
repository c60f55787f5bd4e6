using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>One bin of <see cref="ControlledReplay"/> for a wave of models, as two recorded plans: the reference gradient g_S(θ_t), then all corrections.</summary>
internal sealed class ControlledReplayStep : IDisposable
{
    private readonly List<Tensor> _tensors = [];
    private readonly Device _device;
    private readonly NetworkPass _referencePass;
    private readonly NetworkPass _pass;
    private readonly Tensor _images;       // [1, G·m, C, H, W]
    private readonly Tensor _labels;       // [1, G·m, K]
    private readonly Tensor _recorded;     // θ_t [1, 1, P]
    private readonly Tensor _movement;     // Δθ [1, 1, P]
    private readonly Tensor _parameters;   // θ̃ [E, 1, P]
    private readonly Tensor _rate;
    private readonly IPlan _referencePlan;
    private readonly IPlan _plan;

    public ControlledReplayStep(OnlineContext context, Synset like, int[][] removals, float[] start, float momentum)
    {
        Device device = _device = context.Device;
        Network network = context.Network;
        int members = removals.Length;
        TensorShape vector = TensorShape.Vector(members, network.ParameterCount);
        var logits = new TensorShape(members, like.Count, network.Classes);
        _images = Owned(device.Allocate(like.SharedShape));
        _labels = Owned(device.Allocate(logits.WithMembers(1)));
        _recorded = Owned(device.Allocate(vector.WithMembers(1)));
        _movement = Owned(device.Allocate(vector.WithMembers(1)));
        _parameters = Owned(device.Upload(vector, [.. Enumerable.Repeat(start, members).SelectMany(parameters => parameters)]));
        _rate = Owned(device.Allocate(TensorShape.Vector(1, 1)));
        Tensor velocity = Owned(device.Allocate(vector));
        Tensor reference = Owned(device.Allocate(vector.WithMembers(1)));
        Tensor allWeights = Weights(context, like, [[]]);
        Tensor weights = Weights(context, like, removals);
        Tensor gradient = Owned(device.AllocateTransient(vector));
        Tensor correction = Owned(device.AllocateTransient(vector));
        Tensor cotangent = Owned(device.AllocateTransient(logits));
        Tensor referenceCotangent = Owned(device.AllocateTransient(logits.WithMembers(1)));
        _referencePass = new NetworkPass(device, network, 1, like.Count);
        _pass = new NetworkPass(device, network, members, like.Count);

        _referencePlan = device.Record("controlled replay: reference gradient", () =>
        {
            _referencePass.Forward(_recorded, _images);
            device.SoftmaxCrossEntropy.Backward(_referencePass.Output, _labels, allWeights, referenceCotangent);
            _referencePass.Backward(_recorded, _images, referenceCotangent, reference, null);
        });
        _plan = device.Record("controlled replay step", () =>
        {
            _pass.Forward(_parameters, _images);
            device.SoftmaxCrossEntropy.Backward(_pass.Output, _labels, weights, cotangent);
            _pass.Backward(_parameters, _images, cotangent, gradient, null);
            device.LinearCombination.Combine(1, gradient, -1, reference, correction);
            device.Sgd.Step(_parameters, velocity, correction, _rate, momentum);
            device.LinearCombination.Combine(1, _parameters, 1, _movement, _parameters);
        });
    }

    /// <summary>θ̃ [E, P].</summary>
    public float[] Parameters => _parameters.ToArray();

    public void SetSynset(Synset synset)
    {
        _images.Upload(synset.Images);
        _labels.Upload(synset.Labels);
    }

    /// <summary>Moves every model through the bin between two recorded checkpoints.</summary>
    public void Run(float[] from, float[] to, float rate)
    {
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

    private Tensor Weights(OnlineContext context, Synset synset, int[][] removals)
    {
        var weights = new float[removals.Length * synset.Count];
        for (int member = 0; member < removals.Length; member++)
            ImageWeights.Fill(context, synset, removals[member], renormalise: false, weights.AsSpan(member * synset.Count, synset.Count));
        return Owned(_device.Upload(new TensorShape(removals.Length, synset.Count, 1), weights));
    }

    private Tensor Owned(Tensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }
}
