using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// The adjoint of a training, step by step backwards, for E objectives at once: λ_e = ∂F_e/∂θ_t, and the derivative of F_e by the weight of
/// each sample of step t (docs/methods.md, "The adjoint of training").
/// </summary>
/// <remarks>
/// With u ← μu + g_t + dθ, θ ← θ − η_t·u (decay d; Nesterov: θ ← θ − η_t(g_t + dθ + μu)): a_e ← μa_e − η_t·λ_e is ∂F_e/∂u and v_e = a_e
/// that by g_t (Nesterov: a_e ← μ(a_e − η_t·λ_e), v_e = a_e − η_t·λ_e); λ_e ← λ_e + (C_t + d)v_e, where C_t is the Hessian of the batch's
/// loss or its Gauss–Newton part. The batch and its weights are shared by all objectives, so that one forward pass and one backward pass
/// serve E directions. The product ⟨v_e, ∇L_n(θ_t)⟩ = ⟨∂L_n/∂z, ż_n⟩ comes with the tangents that C_t·v_e needs.
/// </remarks>
internal sealed class AdjointWalk : IDisposable
{
    private readonly Device _device;
    private readonly TrainingOptions _recipe;
    private readonly TrainingSet _set;
    private readonly BatchOrder _order;
    private readonly Func<int, bool>? _isDropped;
    private readonly TrainingBatch _batch;
    private readonly NetworkPass _pass;
    private readonly Tensor _parameters, _lambda, _velocity, _product, _labelCotangents;
    private readonly Tensor? _direction, _evenWeights;
    private readonly List<Tensor> _transient = [];
    private readonly IPlan _plan;
    private readonly float[] _hostCotangents, _hostLabels, _hostWeights;
    private readonly int _classes, _total;

    /// <param name="device">The device of the set.</param>
    /// <param name="network">The architecture.</param>
    /// <param name="set">The training set, with the recipe's label vectors; not disposed here.</param>
    /// <param name="recipe">The training that is walked back.</param>
    /// <param name="isDropped">The samples that the training left out; null for none.</param>
    /// <param name="members">E.</param>
    /// <param name="isHessian">Whether C_t is the whole Hessian.</param>
    public AdjointWalk(Device device, Network network, TrainingSet set, TrainingOptions recipe, Func<int, bool>? isDropped, int members,
        bool isHessian)
    {
        (_device, _recipe, _set, _isDropped, Members) = (device, recipe, set, isDropped, members);
        _order = new BatchOrder(set.Count, recipe.BatchSize, recipe.Seed);
        (int samples, _classes, _total) = (_order.BatchSize, network.Classes, recipe.TotalSteps(set.Count));
        TensorShape vector = TensorShape.Vector(members, network.ParameterCount);
        var logits = new TensorShape(members, samples, network.Classes);
        _batch = new TrainingBatch(device, network, set, recipe, _order, members: 1);
        _pass = new NetworkPass(device, network, members: 1, samples, training: _batch.Training, directions: members);
        _parameters = device.Allocate(vector.WithMembers(1));
        _lambda = device.Allocate(vector);
        _velocity = device.Allocate(vector);
        _direction = recipe.Nesterov ? device.Allocate(vector) : null;
        _product = Transient(vector);
        _labelCotangents = device.Allocate(logits);
        _evenWeights = isDropped is null ? null : device.Allocate(new TensorShape(1, samples, 1));
        (_hostCotangents, _hostLabels, _hostWeights) = (new float[logits.Length], new float[samples * _classes], new float[samples]);
        Tensor tangents = Transient(logits);
        Tensor? cotangent = isHessian ? Transient(logits.WithMembers(1)) : null;
        _plan = device.Record("adjoint of a training step", () =>
        {
            (Tensor images, Tensor labels, Tensor direction) = (_batch.Images, _batch.Labels, _direction ?? _velocity);
            _batch.Record();
            _pass.Forward(_parameters, images);
            if (cotangent is not null)
            {
                device.SoftmaxCrossEntropy.Backward(_pass.Output, labels, _batch.Weights, cotangent);
                _pass.Backward(_parameters, images, cotangent, null, null);
            }

            _pass.ForwardTangent(_parameters, direction, images, null);
            device.SoftmaxCrossEntropy.LabelCotangent(_pass.Output, _pass.OutputTangent, _evenWeights ?? _batch.Weights, _labelCotangents);
            device.SoftmaxCrossEntropy.BackwardTangent(_pass.Output, _pass.OutputTangent, labels, _batch.Weights, tangents);
            if (cotangent is not null)
                _pass.BackwardTangent(_parameters, direction, images, null, cotangent, tangents, _product, null);
            else
                _pass.Backward(_parameters, images, tangents, _product, null);
            device.LinearCombination.Combine(1, _lambda, 1, _product, _lambda);
            if (recipe.WeightDecay != 0)
                device.LinearCombination.Combine(1, _lambda, recipe.WeightDecay, direction, _lambda);
        });
    }

    /// <summary>E.</summary>
    public int Members { get; }

    /// <summary>The memory of a walk.</summary>
    public static MemoryEstimate Estimate(Network network, TrainingOptions recipe, int samples, int members)
    {
        int batch = Math.Min(recipe.BatchSize, samples);
        return new MemoryEstimate(("walk back", MemoryEstimate.Vectors(network, (recipe.Nesterov ? 4L : 3L) * members + 1)),
            ("passes", MemoryEstimate.Pass(network, members, batch) + MemoryEstimate.Pass(network, 1, batch)));
    }

    /// <summary>Starts at the end of the training.</summary>
    /// <param name="gradients">∇F_e(θ_T), [E·P].</param>
    public void Start(ReadOnlySpan<float> gradients)
    {
        _lambda.Upload(gradients);
        _device.LinearCombination.Combine(0, _lambda, 0, _lambda, _velocity);
    }

    /// <summary>Goes back over one step; call it for T − 1, T − 2, …</summary>
    /// <param name="step">t.</param>
    /// <param name="parameters">θ_t [P].</param>
    /// <param name="effects">Receives what is added to ∂F_e/∂s_n for each sample of the batch: (objective, sample, value). s_n multiplies
    /// the sample's weight, and is 1 for a sample that is there, 0 for one that was dropped.</param>
    public void Step(int step, float[] parameters, Action<int, int, double> effects)
    {
        float rate = LearningRateSchedule.At(step, _total, _recipe), momentum = _recipe.Momentum;
        if (_direction is null)
        {
            _device.LinearCombination.Combine(momentum, _velocity, -rate, _lambda, _velocity);
        }
        else
        {
            _device.LinearCombination.Combine(momentum, _velocity, -rate * momentum, _lambda, _velocity);
            _device.LinearCombination.Combine(1, _velocity, -rate, _lambda, _direction);
        }

        _batch.Prepare(step, _isDropped is null ? null : (_, sample) => _isDropped(sample));
        ReadOnlySpan<int> samples = _order.Batch(step);
        UploadEvenWeights(samples);
        _parameters.Upload(parameters);
        _plan.Run();
        _labelCotangents.Download(_hostCotangents);
        _set.LabelVectors.Rows.Read(samples, _hostLabels.AsSpan(0, samples.Length * _classes));
        for (int e = 0; e < Members; e++)
            AddEffects(e, samples, effects);
    }

    public void Dispose()
    {
        _plan.Dispose();
        _pass.Dispose();
        _batch.Dispose();
        foreach (Tensor? tensor in (Tensor?[])[_parameters, _lambda, _velocity, _direction, _labelCotangents, _evenWeights, .. _transient])
            tensor?.Dispose();
    }

    /// <summary>
    /// Adds a_n(⟨v, ∇L_n⟩ − ⟨v, g⟩), where a_n is the sample's share of the batch's weight and g the batch's gradient: the mean over the
    /// kept samples loses a sample, and its divisor becomes smaller.
    /// </summary>
    private void AddEffects(int member, ReadOnlySpan<int> samples, Action<int, int, double> effects)
    {
        Span<double> products = samples.Length <= 1024 ? stackalloc double[samples.Length] : new double[samples.Length];
        double ofBatch = 0;
        ReadOnlySpan<float> shares = _evenWeights is null ? _batch.HostWeights : _hostWeights, kept = _batch.HostWeights;
        for (int n = 0; n < samples.Length; n++)
        {
            // ⟨q, δq⟩ = −a(⟨q, ż⟩ − ⟨p, ż⟩) = a⟨∂L/∂z, ż⟩, because the label vector q sums to one.
            ReadOnlySpan<float> label = _hostLabels.AsSpan(n * _classes, _classes),
                cotangents = _hostCotangents.AsSpan((member * _order.BatchSize + n) * _classes, _classes);
            for (int k = 0; k < _classes; k++)
                products[n] += (double)label[k] * cotangents[k];
            ofBatch += kept[n] == 0 ? 0 : products[n];
        }

        for (int n = 0; n < samples.Length; n++)
            effects(member, samples[n], products[n] - shares[n] * ofBatch);
    }

    /// <summary>The weight that each sample of the batch has or would have, whether it was dropped or not.</summary>
    private void UploadEvenWeights(ReadOnlySpan<int> samples)
    {
        if (_evenWeights is null)
            return;
        Array.Clear(_hostWeights);
        double sum = 0;
        for (int n = 0; n < samples.Length; n++)
            sum += _isDropped!(samples[n]) ? 0 : WeightOf(samples[n]);
        for (int n = 0; sum > 0 && n < samples.Length; n++)
            _hostWeights[n] = (float)(WeightOf(samples[n]) / sum);
        _evenWeights.Upload(_hostWeights);
    }

    private float WeightOf(int sample) => _set.Weights is null ? 1 : _set.Weights[sample];

    private Tensor Transient(TensorShape shape)
    {
        Tensor tensor = _device.AllocateTransient(shape);
        _transient.Add(tensor);
        return tensor;
    }
}
