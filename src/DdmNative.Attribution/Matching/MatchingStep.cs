using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// One matching step of a wave of groups, recorded once: the synset's gradient g at θ, its distance ℳ(g) from the target and v = ∂ℳ/∂g,
/// then ∂ℳ/∂S = d/dε ∇_S L(S; θ + εv) by a forward and a backward pass with tangents (docs/mathematics.md, "Gradients of gradients"), and
/// Adam on the images.
/// </summary>
internal sealed class MatchingStep : IDisposable
{
    private readonly MatchingOptions _options;
    private readonly List<Tensor> _tensors = [];
    private readonly Device _device;
    private readonly NetworkPass _pass;
    private readonly Tensor _images;            // [E, m, C, H, W]
    private readonly Tensor _labels;            // [E, m, K]
    private readonly Tensor _parameters;        // [1, 1, P], shared
    private readonly Tensor _target;            // [E, 1, P]
    private readonly Tensor _distance;          // [E, 1, 1]
    private readonly Tensor _imageCorrections;
    private readonly Tensor _labelCorrections;
    private readonly Tensor[] _state;           // images, labels, and Adam's two moments of each
    private readonly IPlan _plan;

    public MatchingStep(Device device, Network network, MatchingOptions options, TensorShape images, ReadOnlySpan<float> imageValues,
        ReadOnlySpan<float> labelValues)
    {
        (_device, _options) = (device, options);
        var logits = new TensorShape(images.Members, images.Samples, network.Classes);
        TensorShape vector = TensorShape.Vector(images.Members, network.ParameterCount);
        _pass = new NetworkPass(device, network, images.Members, images.Samples);
        _images = Filled(images, imageValues);
        _labels = Filled(logits, labelValues);
        _parameters = Kept(vector.WithMembers(1));
        _target = Kept(vector);
        _distance = Kept(TensorShape.Vector(images.Members, 1));
        _imageCorrections = Kept(TensorShape.Vector(1, 2));
        _labelCorrections = Kept(TensorShape.Vector(1, 2));
        Tensor weights = Filled(new TensorShape(1, images.Samples, 1), Enumerable.Repeat(1.0f / images.Samples, images.Samples).ToArray());
        (Tensor imageFirst, Tensor imageSecond) = (Kept(images), Kept(images));
        (Tensor labelFirst, Tensor labelSecond) = (Kept(logits), Kept(logits));
        _state = [_images, _labels, imageFirst, imageSecond, labelFirst, labelSecond];
        (Tensor gradient, Tensor direction) = (Transient(vector), Transient(vector));
        (Tensor cotangent, Tensor cotangentTangent) = (Transient(logits), Transient(logits));
        Tensor imagesGradient = Transient(images);
        Tensor labelsGradient = Transient(logits);

        _plan = device.Record("matching step", () =>
        {
            _pass.Forward(_parameters, _images);
            device.SoftmaxCrossEntropy.Backward(_pass.Output, _labels, weights, cotangent);
            _pass.Backward(_parameters, _images, cotangent, gradient, null);
            device.GradientDistance.Evaluate(options.Distance, network.Blocks, gradient, _target, _distance, direction);
            _pass.ForwardTangent(_parameters, direction, _images, null);
            device.SoftmaxCrossEntropy.BackwardTangent(_pass.Output, _pass.OutputTangent, _labels, weights, cotangentTangent);
            _pass.BackwardTangent(_parameters, direction, _images, null, cotangent, cotangentTangent, null, imagesGradient);
            device.Adam.Step(options.Images, _images, imageFirst, imageSecond, imagesGradient, _imageCorrections);
            if (options.LearnLabels)
            {
                device.SoftmaxCrossEntropy.LabelCotangent(_pass.Output, _pass.OutputTangent, weights, labelsGradient);
                device.Adam.Step(options.Labels, _labels, labelFirst, labelSecond, labelsGradient, _labelCorrections);
            }
        });
    }

    /// <summary>The current images, [E, m, C, H, W].</summary>
    public float[] Images => _images.ToArray();

    /// <summary>The current label vectors, [E, m, K].</summary>
    public float[] Labels => _labels.ToArray();

    /// <summary>The state that the next steps depend on, apart from parameters and target: images, labels and Adam's moments.</summary>
    public float[] State => [.. _state.SelectMany(tensor => tensor.ToArray())];

    /// <summary>The length of <see cref="State"/>.</summary>
    public long StateLength => _state.Sum(tensor => tensor.Shape.Length);

    /// <summary>Restores a state.</summary>
    public void Restore(ReadOnlySpan<float> state)
    {
        foreach (Tensor tensor in _state)
        {
            int length = (int)tensor.Shape.Length;
            tensor.Upload(state[..length]);
            state = state[length..];
        }
    }

    /// <summary>ℳ of each group before the last step changed its images.</summary>
    public float[] Distances => _distance.ToArray();

    public void SetParameters(ReadOnlySpan<float> parameters) => _parameters.Upload(parameters);

    /// <summary>Uploads the gradients [E, P] that the synset's have to match.</summary>
    public void SetTarget(ReadOnlySpan<float> gradients) => _target.Upload(gradients);

    /// <summary>Runs step number 1, 2, …</summary>
    public void Run(int step)
    {
        Span<float> corrections = stackalloc float[2];
        _options.Images.WriteCorrections(step, corrections);
        _imageCorrections.Upload(corrections);
        _options.Labels.WriteCorrections(step, corrections);
        _labelCorrections.Upload(corrections);
        _plan.Run();
    }

    public void Dispose()
    {
        _plan.Dispose();
        _pass.Dispose();
        _tensors.ForEach(tensor => tensor.Dispose());
    }

    private Tensor Kept(TensorShape shape) => Owned(_device.Allocate(shape));

    private Tensor Transient(TensorShape shape) => Owned(_device.AllocateTransient(shape));

    private Tensor Filled(TensorShape shape, ReadOnlySpan<float> values) => Owned(_device.Upload(shape, values));

    private Tensor Owned(Tensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }
}
