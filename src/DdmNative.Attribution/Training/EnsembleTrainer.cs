using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// Trains E copies of one network at once along the ensemble axis, all on the same batches in the same order. Samples can be dropped for
/// each member, which is how a group is left out: its samples keep their positions in the order and have weight zero.
/// </summary>
/// <remarks>
/// One recorded plan is one step or a few steps: gather the batch and move its images (shared by all members), forward, δ = w(σp − q),
/// backward, g ← g + λθ, u ← μu + g, θ ← θ − ηu. The host uploads each batch (<see cref="TrainingBatch"/>); nothing is downloaded unless
/// requested. A member's loss is the mean over the kept samples of its batch (weighted, if the set has weights); a batch without kept
/// samples gives a zero gradient, so that only the momentum changes the member. A member's result does not depend on the other members.
/// </remarks>
public sealed class EnsembleTrainer : IDisposable
{
    private readonly TrainingSet _set;
    private readonly TrainingOptions _options;
    private readonly BatchOrder _order;
    private readonly int _parameterCount;
    private readonly Step[] _stepsOfPlan;
    private readonly Tensor _parameters, _velocity, _gradient;
    private readonly Tensor? _losses, _decay;
    private readonly IPlan _step;
    private readonly IPlan? _steps;
    private readonly NetworkPass? _passWithProducts;
    private readonly IPlan? _stepWithProducts;

    /// <param name="device">The device for training.</param>
    /// <param name="network">A whole network, or the top of one on frozen features.</param>
    /// <param name="set">The samples with the options' label vectors, on the same device; not disposed here.</param>
    /// <param name="options">The training options.</param>
    /// <param name="members">E.</param>
    /// <param name="trackLoss">Whether <see cref="BatchLosses"/> is used.</param>
    /// <param name="stepsTogether">Steps of one run of the plan: a CPU thread then processes a member through all of them while its
    /// parameters are in the cache. The parameters can be read only between such runs.</param>
    /// <exception cref="ArgumentException">The set's label smoothing is not the options'.</exception>
    public EnsembleTrainer(Device device, Network network, TrainingSet set, TrainingOptions options, int members, bool trackLoss = false,
        int stepsTogether = 1)
        : this(device, network, set, options, members, trackLoss, order: null, stepsTogether: stepsTogether)
    {
    }

    /// <summary>Trains one network in its own batch order, and computes its samples' products with directions if requested.</summary>
    internal EnsembleTrainer(Device device, Network network, TrainingSet set, TrainingOptions options, GhostProducts products)
        : this(device, network, set, options, members: 1, trackLoss: false, order: null, products)
    {
    }

    /// <summary>Trains in a given batch order.</summary>
    internal EnsembleTrainer(
        Device device, Network network, TrainingSet set, TrainingOptions options, int members, bool trackLoss, BatchOrder? order,
            GhostProducts? products = null, int stepsTogether = 1)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsTogether, 1);
        if (set.LabelSmoothing != options.LabelSmoothing)
            throw new ArgumentException(
                $"The set's labels are smoothed by {set.LabelSmoothing}, the training's by {options.LabelSmoothing}.", nameof(set));
        (_set, _options, Members, _parameterCount) = (set, options, members, network.ParameterCount);
        _order = order ?? new BatchOrder(set.Count, options.BatchSize, options.Seed);
        TotalSteps = options.TotalSteps(set.Count);
        int batch = _order.BatchSize;
        var vector = TensorShape.Vector(members, network.ParameterCount);
        _parameters = device.Allocate(vector);
        _velocity = device.Allocate(vector);
        _gradient = device.AllocateTransient(vector);
        _decay = DecayVector.Upload(device, network, options.WeightDecay);
        _losses = trackLoss ? device.Allocate(new TensorShape(members, batch, 1)) : null;
        _stepsOfPlan = new Step[Math.Clamp(TotalSteps, 1, stepsTogether)];
        for (int i = 0; i < _stepsOfPlan.Length; i++)
            _stepsOfPlan[i] = new Step(device, network, new TrainingBatch(device, network, set, options, _order, members), members, batch);
        _step = device.Record("training step", () => RecordSteps(device, _stepsOfPlan[..1]));
        _steps = _stepsOfPlan.Length == 1 ? null : device.Record("training steps", () => RecordSteps(device, _stepsOfPlan));
        if (products is null)
            return;
        // Where samples affect each other in the training form, their products are those of the evaluation form.
        bool needsOwnPass = network.CouplesSamples;
        Step first = _stepsOfPlan[0];
        _passWithProducts = new NetworkPass(device, network, members, batch, training: needsOwnPass ? null : first.Batch.Training);
        _stepWithProducts = device.Record("training step with products", () =>
        {
            first.Batch.Record();
            if (needsOwnPass)
                RecordGradient(device, first, _passWithProducts, products);
            RecordStep(device, first, needsOwnPass ? first.Pass : _passWithProducts, needsOwnPass ? null : products);
        });
    }

    /// <summary>E.</summary>
    public int Members { get; }

    /// <summary>T: the number of steps of one run.</summary>
    public int TotalSteps { get; }

    /// <summary>The members' current parameters, a copy, [E·P].</summary>
    public float[] Parameters => _parameters.ToArray();

    /// <summary>
    /// The members' current velocities, a copy, [E·P]: together with the parameters and the step, everything that the rest of the training
    /// depends on.
    /// </summary>
    public float[] Velocity => _velocity.ToArray();

    /// <summary>Copies the members' current parameters, [E·P].</summary>
    internal void ReadParameters(Span<float> parameters) => _parameters.Download(parameters);

    /// <summary>Each member's loss on the batch of the last step, before the update; zero if it kept no sample of the batch.</summary>
    /// <exception cref="InvalidOperationException">The trainer was created without tracking losses.</exception>
    public double[] BatchLosses()
    {
        float[] losses = _losses?.ToArray() ?? throw new InvalidOperationException("The trainer was created without trackLoss.");
        var mean = new double[Members];
        ReadOnlySpan<float> weights = _stepsOfPlan[0].Batch.HostWeights;
        for (int i = 0; i < losses.Length; i++)
        {
            // A dropped sample may have an infinite loss, and zero times infinity is NaN.
            if (weights[i] != 0)
                mean[i / _order.BatchSize] += (double)weights[i] * losses[i];
        }

        return mean;
    }

    /// <summary>Trains all members from their initialisation, with zero velocity, through the whole schedule.</summary>
    /// <param name="initialParameters">[P], the same for all members, or [E·P].</param>
    /// <param name="isDropped">(member, sample) → whether the member must not learn from the sample; null drops nothing.</param>
    /// <param name="onStep">Called after each step, or run of several steps, with (steps done, T); <see cref="Parameters"/> may be read
    /// from it.</param>
    /// <param name="cancellation">Checked before each of them.</param>
    /// <exception cref="ArgumentException">The number of parameters does not match one member or all members.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the parameters are those of the last finished step.</exception>
    public void Run(ReadOnlySpan<float> initialParameters, Func<int, int, bool>? isDropped = null, Action<int, int>? onStep = null,
        CancellationToken cancellation = default)
        => RunFrom(0, initialParameters, new float[_parameterCount], isDropped, onStep, cancellation);

    /// <summary>
    /// The same; <paramref name="wantsProducts"/> is called before each step and returns whether the step computes products; it may read
    /// <see cref="Parameters"/> and set the directions.
    /// </summary>
    internal void RunWithProducts(ReadOnlySpan<float> initialParameters, Func<int, bool> wantsProducts, Action<int, int>? onStep,
        CancellationToken cancellation)
        => RunSteps(0, TotalSteps, initialParameters, new float[_parameterCount], isDropped: null, wantsProducts, onStep, cancellation);

    /// <summary>Resumes a training with the same options; the result is identical, bit for bit.</summary>
    /// <param name="firstStep">The number of finished steps.</param>
    /// <param name="parameters">The parameters after them, [P] or [E·P].</param>
    /// <param name="velocity">The velocities after them, of the same length.</param>
    /// <param name="isDropped">As for <see cref="Run"/>.</param>
    /// <param name="onStep">As for <see cref="Run"/>.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="ArgumentException">As for <see cref="Run"/>.</exception>
    /// <exception cref="OperationCanceledException">As for <see cref="Run"/>.</exception>
    public void RunFrom(
        int firstStep, ReadOnlySpan<float> parameters, ReadOnlySpan<float> velocity, Func<int, int, bool>? isDropped = null,
        Action<int, int>? onStep = null, CancellationToken cancellation = default)
        => RunSteps(firstStep, TotalSteps, parameters, velocity, isDropped, wantsProducts: null, onStep, cancellation);

    /// <summary>The same, up to step <paramref name="endStep"/>: the steps <paramref name="firstStep"/> … endStep − 1.</summary>
    internal void RunBetween(
        int firstStep, int endStep, ReadOnlySpan<float> parameters, ReadOnlySpan<float> velocity, Func<int, int, bool>? isDropped,
        Action<int, int>? onStep, CancellationToken cancellation)
        => RunSteps(firstStep, endStep, parameters, velocity, isDropped, wantsProducts: null, onStep, cancellation);

    public void Dispose()
    {
        _step.Dispose();
        _steps?.Dispose();
        _stepWithProducts?.Dispose();
        _passWithProducts?.Dispose();
        foreach (Step step in _stepsOfPlan)
            step.Dispose();
        foreach (Tensor? tensor in (Tensor?[])[_parameters, _velocity, _gradient, _losses, _decay])
            tensor?.Dispose();
    }

    private void RunSteps(
        int firstStep, int endStep, ReadOnlySpan<float> parameters, ReadOnlySpan<float> velocity, Func<int, int, bool>? isDropped,
        Func<int, bool>? wantsProducts, Action<int, int>? onStep,
        CancellationToken cancellation)
    {
        _parameters.Upload(ForAllMembers(parameters));
        _velocity.Upload(ForAllMembers(velocity));
        for (int step = firstStep, together; step < endStep; step += together)
        {
            cancellation.ThrowIfCancellationRequested();
            together = _steps is null || endStep - step < _stepsOfPlan.Length ? 1 : _stepsOfPlan.Length;
            for (int i = 0; i < together; i++)
                _stepsOfPlan[i].Batch.Prepare(step + i, isDropped);
            for (int i = 0; _set.Samples.Tensor is null && i < together && step + together + i < endStep; i++)
                _stepsOfPlan[i].Batch.Prefetch(step + together + i);
            (together > 1 ? _steps! : wantsProducts?.Invoke(step) == true ? _stepWithProducts! : _step).Run();
            onStep?.Invoke(step + together, TotalSteps);
        }
    }

    /// <summary>Records the gathering of all steps' batches first, so that members' own calls do not have to wait between steps.</summary>
    private void RecordSteps(Device device, Step[] steps)
    {
        foreach (Step step in steps)
            step.Batch.Record();
        foreach (Step step in steps)
            RecordStep(device, step, step.Pass, products: null);
    }

    private void RecordStep(Device device, Step step, NetworkPass pass, GhostProducts? products)
    {
        RecordGradient(device, step, pass, products);
        device.Sgd.Step(_parameters, _velocity, _gradient, step.Batch.LearningRate, _options.Momentum, _decay, _options.Nesterov);
        pass.UpdateRunningStatistics(_parameters);
    }

    private void RecordGradient(Device device, Step step, NetworkPass pass, GhostProducts? products)
    {
        TrainingBatch batch = step.Batch;
        pass.Forward(_parameters, batch.Images);
        if (_losses is not null)
            device.SoftmaxCrossEntropy.Loss(pass.Output, batch.Labels, _losses);
        device.SoftmaxCrossEntropy.Backward(pass.Output, batch.Labels, batch.Weights, step.Cotangent);
        pass.Backward(_parameters, batch.Images, step.Cotangent, _gradient, null, products);
    }

    private float[] ForAllMembers(ReadOnlySpan<float> parameters)
    {
        if (parameters.Length != _parameterCount && parameters.Length != Members * _parameterCount)
            throw new ArgumentException(
                $"{parameters.Length} values; expected {_parameterCount} (the same for all members) or {Members} times as many.",
                nameof(parameters));
        var all = new float[Members * _parameterCount];
        for (int at = 0; at < all.Length; at += parameters.Length)
            parameters.CopyTo(all.AsSpan(at));
        return all;
    }

    /// <summary>One step of a plan: its batch, the pass over it, and the cotangent of the logits.</summary>
    private sealed class Step(Device device, Network network, TrainingBatch batch, int members, int samples) : IDisposable
    {
        public TrainingBatch Batch { get; } = batch;

        public Tensor Cotangent { get; } = device.AllocateTransient(new TensorShape(members, samples, network.Classes));

        public NetworkPass Pass { get; } = new NetworkPass(device, network, members, samples, training: batch.Training);

        public void Dispose()
        {
            Pass.Dispose();
            Batch.Dispose();
            Cotangent.Dispose();
        }
    }
}
