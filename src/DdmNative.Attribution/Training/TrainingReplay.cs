using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The parameters before each step of one training, to be read from the last step to the first, in the memory of about 2√(2T) vectors
/// (checkpointing: Griewank and Walther, "Revolve", 2000, with one level). The training runs once and its state is kept at the start of
/// every segment of √(2T) steps; a segment's own steps are run again from there when they are read, bit for bit as they were.
/// </summary>
internal sealed class TrainingReplay : IDisposable
{
    private readonly EnsembleTrainer _trainer;
    private readonly Func<int, bool>? _isDropped;
    private readonly CancellationToken _cancellation;
    private readonly int _firstStep, _length;
    private readonly List<(float[] Parameters, float[] Velocity)> _starts = [];
    private readonly float[][] _segment;
    private int _segmentNumber = -1;

    /// <summary>Runs the training once.</summary>
    /// <param name="device">The device of the set.</param>
    /// <param name="network">The architecture.</param>
    /// <param name="set">The training set; not disposed here.</param>
    /// <param name="recipe">The training options.</param>
    /// <param name="firstStep">The first step that will be read.</param>
    /// <param name="isDropped">The samples that the training leaves out; null for none.</param>
    /// <param name="onStep">Called after each step with (steps done, T).</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TrainingReplay(Device device, Network network, TrainingSet set, TrainingOptions recipe, int firstStep,
        Func<int, bool>? isDropped, Action<int, int>? onStep, CancellationToken cancellation)
    {
        (_firstStep, _isDropped, _cancellation) = (firstStep, isDropped, cancellation);
        TotalSteps = recipe.TotalSteps(set.Count);
        _length = SegmentLength(TotalSteps - firstStep);
        _segment = new float[_length][];
        _trainer = new EnsembleTrainer(device, network, set, recipe, members: 1);
        float[] initial = network.Initialise(recipe.Seed);
        KeepStart(0, initial, new float[initial.Length]);
        try
        {
            _trainer.RunBetween(0, TotalSteps, initial, new float[initial.Length], Drops, (done, total) =>
            {
                if (IsStart(done))
                    KeepStart(done, _trainer.Parameters, _trainer.Velocity);
                onStep?.Invoke(done, total);
            }, cancellation);
        }
        catch
        {
            _trainer.Dispose();
            throw;
        }

        End = _trainer.Parameters;
    }

    /// <summary>T.</summary>
    public int TotalSteps { get; }

    /// <summary>θ_T [P].</summary>
    public float[] End { get; }

    /// <summary>The vectors shaped like the parameters that a replay of some steps keeps.</summary>
    public static long Vectors(int steps)
    {
        int length = SegmentLength(steps);
        return 2L * ((steps + length - 1) / length) + length;
    }

    /// <summary>θ_t [P], before step <paramref name="step"/>, which is not before the first that was announced.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[] Before(int step)
    {
        int number = (step - _firstStep) / _length;
        if (number != _segmentNumber)
            RunSegment(number);
        return _segment[(step - _firstStep) % _length];
    }

    public void Dispose() => _trainer.Dispose();

    private static int SegmentLength(int steps) => Math.Max(1, (int)Math.Ceiling(Math.Sqrt(2.0 * steps)));

    private bool IsStart(int step) => step >= _firstStep && step < TotalSteps && (step - _firstStep) % _length == 0;

    private bool Drops(int member, int sample) => _isDropped is not null && _isDropped(sample);

    private void KeepStart(int step, float[] parameters, float[] velocity)
    {
        if (IsStart(step))
            _starts.Add((parameters, velocity));
    }

    private void RunSegment(int number)
    {
        int first = _firstStep + number * _length, end = Math.Min(first + _length, TotalSteps);
        (float[] parameters, float[] velocity) = _starts[number];
        _segment[0] = parameters;
        _segmentNumber = number;

        // The last step of a segment leads to the next segment, which is known.
        _trainer.RunBetween(first, end - 1, parameters, velocity, Drops, (done, _) => _segment[done - first] = _trainer.Parameters,
            _cancellation);
    }
}
