using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// Trains E copies of one network at once along the ensemble axis, all on the same batches in the same order; each member may have samples of
/// its own dropped, which is how a group is left out: its samples keep their places in the order and weigh nothing.
/// </summary>
/// <remarks>
/// One step is one recorded plan: gather the batch (shared by all members), forward, δ = w(σp − q), backward, u ← μu + g, θ ← θ − ηu.
/// The host uploads B indices, E·B weights and the learning rate before each run; nothing comes back unless asked for.
/// A member's loss is the mean over the kept samples of its batch (weighted, where the set has weights); a batch of which a member keeps
/// nothing gives it a zero gradient, so that only its momentum moves it. A member's result does not depend on the others beside it.
/// </remarks>
public sealed class EnsembleTrainer : IDisposable
{
    private readonly TrainingSet _set;
    private readonly TrainingOptions _options;
    private readonly BatchOrder _order;
    private readonly int _parameterCount;
    private readonly NetworkPass _pass;
    private readonly Tensor _parameters, _velocity, _gradient, _cotangent, _images, _labels, _indices, _weights, _learningRate;
    private readonly Tensor? _losses;
    private readonly IPlan _step;
    private readonly NetworkPass? _passWithProducts;
    private readonly IPlan? _stepWithProducts;
    private readonly float[] _hostWeights, _hostIndices;

    /// <param name="device">Where to train.</param>
    /// <param name="network">A whole network, or the top of one on frozen features.</param>
    /// <param name="set">The samples, on the same device; not disposed here.</param>
    /// <param name="options">The recipe.</param>
    /// <param name="members">E.</param>
    /// <param name="trackLoss">Whether <see cref="BatchLosses"/> will be asked for.</param>
    public EnsembleTrainer(Device device, Network network, TrainingSet set, TrainingOptions options, int members, bool trackLoss = false)
        : this(device, network, set, options, members, trackLoss, order: null)
    {
    }

    /// <summary>Trains one network in the recipe's own order, and takes its samples' products with directions where it is asked to.</summary>
    internal EnsembleTrainer(Device device, Network network, TrainingSet set, TrainingOptions options, GhostProducts products)
        : this(device, network, set, options, members: 1, trackLoss: false, order: null, products)
    {
    }

    /// <summary>Trains in a given order in place of the recipe's own.</summary>
    internal EnsembleTrainer(Device device, Network network, TrainingSet set, TrainingOptions options, int members, bool trackLoss, BatchOrder? order, GhostProducts? products = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        (_set, _options, Members, _parameterCount) = (set, options, members, network.ParameterCount);
        _order = order ?? new BatchOrder(set.Count, options.BatchSize, options.Seed);
        TotalSteps = options.TotalSteps(set.Count);
        int batch = _order.BatchSize;
        (_hostWeights, _hostIndices) = (new float[members * batch], new float[batch]);

        var vector = TensorShape.Vector(members, network.ParameterCount);
        _parameters = device.Allocate(vector);
        _velocity = device.Allocate(vector);
        _gradient = device.AllocateTransient(vector);
        _learningRate = device.Allocate(TensorShape.Vector(1, 1));
        _indices = device.Allocate(new TensorShape(1, batch, 1));
        _weights = device.Allocate(new TensorShape(members, batch, 1));
        _images = device.AllocateTransient(set.Images.Shape.WithSamples(batch));
        _labels = device.AllocateTransient(set.Labels.Shape.WithSamples(batch));
        _cotangent = device.AllocateTransient(new TensorShape(members, batch, network.Classes));
        _losses = trackLoss ? device.Allocate(new TensorShape(members, batch, 1)) : null;
        _pass = new NetworkPass(device, network, members, batch);
        _step = device.Record("training step", () => RecordStep(device, _pass, products: null));
        if (products is null)
            return;
        _passWithProducts = new NetworkPass(device, network, members, batch);
        _stepWithProducts = device.Record("training step with products", () => RecordStep(device, _passWithProducts, products));
    }

    /// <summary>E.</summary>
    public int Members { get; }

    /// <summary>T: the steps of one run.</summary>
    public int TotalSteps { get; }

    /// <summary>The members' current parameters, a copy, [E·P].</summary>
    public float[] Parameters => _parameters.ToArray();

    /// <summary>The members' current velocities, a copy, [E·P]: with the parameters and the step, all that the rest of the training depends on.</summary>
    public float[] Velocity => _velocity.ToArray();

    /// <summary>Copies the members' current parameters, [E·P].</summary>
    internal void ReadParameters(Span<float> parameters) => _parameters.Download(parameters);

    /// <summary>Each member's loss on the batch of the last step, before that step moved it; zero where it kept nothing of the batch.</summary>
    /// <exception cref="InvalidOperationException">The trainer was made without tracking losses.</exception>
    public double[] BatchLosses()
    {
        float[] losses = _losses?.ToArray() ?? throw new InvalidOperationException("The trainer was made without trackLoss.");
        var mean = new double[Members];
        for (int i = 0; i < losses.Length; i++)
        {
            // A dropped sample may have an infinite loss, which zero times would turn into NaN.
            if (_hostWeights[i] != 0)
                mean[i / _order.BatchSize] += (double)_hostWeights[i] * losses[i];
        }

        return mean;
    }

    /// <summary>Trains all members from their initialisation, from zero velocity, through the whole schedule.</summary>
    /// <param name="initialParameters">[P], the same for all members, or [E·P].</param>
    /// <param name="isDropped">(member, sample) → whether the member must not learn from the sample; null drops nothing.</param>
    /// <param name="onStep">Called after each step with (steps done, T); <see cref="Parameters"/> may be read from it.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="ArgumentException">The parameters are not as many as one member's or all members'.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the parameters are those of the last finished step.</exception>
    public void Run(ReadOnlySpan<float> initialParameters, Func<int, int, bool>? isDropped = null, Action<int, int>? onStep = null, CancellationToken cancellation = default)
        => RunFrom(0, initialParameters, new float[_parameterCount], isDropped, onStep, cancellation);

    /// <summary>The same; <paramref name="wantsProducts"/> is asked before each step whether it is to take products, and may read <see cref="Parameters"/> and set the directions.</summary>
    internal void RunWithProducts(ReadOnlySpan<float> initialParameters, Func<int, bool> wantsProducts, Action<int, int>? onStep, CancellationToken cancellation)
        => RunSteps(0, initialParameters, new float[_parameterCount], isDropped: null, wantsProducts, onStep, cancellation);

    /// <summary>Trains on from where a run of the same recipe had come to, to the same end, bit for bit.</summary>
    /// <param name="firstStep">The steps that are done.</param>
    /// <param name="parameters">After them, [P] or [E·P].</param>
    /// <param name="velocity">After them, as many.</param>
    /// <param name="isDropped">As for <see cref="Run"/>.</param>
    /// <param name="onStep">As for <see cref="Run"/>.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="ArgumentException">As for <see cref="Run"/>.</exception>
    /// <exception cref="OperationCanceledException">As for <see cref="Run"/>.</exception>
    public void RunFrom(
        int firstStep, ReadOnlySpan<float> parameters, ReadOnlySpan<float> velocity, Func<int, int, bool>? isDropped = null, Action<int, int>? onStep = null, CancellationToken cancellation = default)
        => RunSteps(firstStep, parameters, velocity, isDropped, wantsProducts: null, onStep, cancellation);

    public void Dispose()
    {
        _step.Dispose();
        _stepWithProducts?.Dispose();
        _pass.Dispose();
        _passWithProducts?.Dispose();
        foreach (Tensor? tensor in (Tensor?[])[_parameters, _velocity, _gradient, _cotangent, _images, _labels, _indices, _weights, _learningRate, _losses])
            tensor?.Dispose();
    }

    private void RunSteps(
        int firstStep, ReadOnlySpan<float> parameters, ReadOnlySpan<float> velocity, Func<int, int, bool>? isDropped, Func<int, bool>? wantsProducts, Action<int, int>? onStep,
        CancellationToken cancellation)
    {
        _parameters.Upload(ForAllMembers(parameters));
        _velocity.Upload(ForAllMembers(velocity));
        for (int step = firstStep; step < TotalSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            Prepare(_order.Batch(step), isDropped);
            _learningRate.Upload([CosineSchedule.At(step, TotalSteps, _options.LearningRate)]);
            (wantsProducts?.Invoke(step) == true ? _stepWithProducts! : _step).Run();
            onStep?.Invoke(step + 1, TotalSteps);
        }
    }

    private void RecordStep(Device device, NetworkPass pass, GhostProducts? products)
    {
        device.Gather.Samples(_set.Images, _indices, _images);
        device.Gather.Samples(_set.Labels, _indices, _labels);
        pass.Forward(_parameters, _images);
        if (_losses is not null)
            device.SoftmaxCrossEntropy.Loss(pass.Output, _labels, _losses);
        device.SoftmaxCrossEntropy.Backward(pass.Output, _labels, _weights, _cotangent);
        pass.Backward(_parameters, _images, _cotangent, _gradient, null, products);
        device.Sgd.Step(_parameters, _velocity, _gradient, _learningRate, _options.Momentum);
    }

    private float[] ForAllMembers(ReadOnlySpan<float> parameters)
    {
        if (parameters.Length != _parameterCount && parameters.Length != Members * _parameterCount)
            throw new ArgumentException($"{parameters.Length} values; expected {_parameterCount} for all members alike or {Members} times as many.", nameof(parameters));
        var all = new float[Members * _parameterCount];
        for (int at = 0; at < all.Length; at += parameters.Length)
            parameters.CopyTo(all.AsSpan(at));
        return all;
    }

    /// <summary>Uploads the batch's indices and each member's weights; places beyond the end of a short batch point at sample 0 and weigh nothing.</summary>
    private void Prepare(ReadOnlySpan<int> batch, Func<int, int, bool>? isDropped)
    {
        Array.Clear(_hostIndices);
        Array.Clear(_hostWeights);
        for (int n = 0; n < batch.Length; n++)
            _hostIndices[n] = batch[n];
        for (int member = 0; member < Members; member++)
        {
            Span<float> weights = _hostWeights.AsSpan(member * _order.BatchSize, batch.Length);
            double sum = 0;
            for (int n = 0; n < batch.Length; n++)
            {
                if (isDropped is not null && isDropped(member, batch[n]))
                    continue;
                weights[n] = _set.Weights is null ? 1 : _set.Weights[batch[n]];
                sum += weights[n];
            }

            for (int n = 0; sum > 0 && n < weights.Length; n++)
                weights[n] = (float)(weights[n] / sum);
        }

        _indices.Upload(_hostIndices);
        _weights.Upload(_hostWeights);
    }
}
