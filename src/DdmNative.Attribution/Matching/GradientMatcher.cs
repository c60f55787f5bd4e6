using System.Numerics.Tensors;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Matching;

/// <summary>The progress of a matching.</summary>
/// <param name="FirstGroup">The first group of the current wave.</param>
/// <param name="Step">Steps finished in this wave.</param>
/// <param name="Steps">Steps of a wave.</param>
/// <param name="Distances">ℳ of each group of the wave before this step, by <see cref="MatchingOptions.Distance"/>.</param>
public sealed record MatchingProgress(int FirstGroup, int Step, int Steps, IReadOnlyList<float> Distances);

/// <summary>A matched synset and its log.</summary>
public sealed record MatchingResult(Synset Synset, IReadOnlyList<MatchingProgress> Log);

/// <summary>
/// Distils groups into synsets by matching gradients, all groups of a wave at once along the ensemble axis: forward (Zhao et al., ICLR
/// 2021) or reverse (Ye et al., CVPR 2024, Algorithm 1). The groups are independent, so that waves never change a result.
/// </summary>
public sealed class GradientMatcher(Device device, Network network, MatchingOptions options)
{
    /// <summary>
    /// The store of finished waves and of an interrupted wave's state: the same matching resumes from there, with identical bits.
    /// </summary>
    public IPartialResults Kept { get; init; } = new NothingKept();

    /// <summary>Matches at one checkpoint, for the options' number of steps.</summary>
    /// <param name="start">The initial images and labels.</param>
    /// <param name="checkpoint">The step and the parameters [P], which also determine reflected and soft labels.</param>
    /// <param name="real">The real groups' gradients.</param>
    /// <param name="onLog">Called with the distances of every logged step.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="InfeasibleMatchingException">The form is reverse, some label is hard, and labels are not learned.</exception>
    /// <exception cref="ArgumentException">The synset and the gradients have different groups.</exception>
    public MatchingResult Match(
        Synset start, Checkpoint checkpoint, GroupGradients real, Action<MatchingProgress>? onLog = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        return Match(start, [checkpoint], MatchingSchedule.At(0, options.StepsToTake), real, onLog, cancellation: cancellation);
    }

    /// <summary>Matches along a schedule over recorded checkpoints.</summary>
    /// <param name="start">The initial images and labels.</param>
    /// <param name="checkpoints">Steps and parameters [P]; the last one is θ_T, which determines reflected and soft labels.</param>
    /// <param name="schedule">The pair of checkpoints of each step (<see cref="MatchingSchedule"/>).</param>
    /// <param name="real">The real groups' gradients.</param>
    /// <param name="onLog">Called with the distances of every logged step.</param>
    /// <param name="keptAs">The name under which <see cref="Kept"/> stores the waves, if it stores several matchings.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="InfeasibleMatchingException">The form is reverse, some label is hard, and labels are not learned.</exception>
    /// <exception cref="ArgumentException">The synset and the gradients have different groups, or the schedule names a checkpoint that does
    /// not exist.</exception>
    public MatchingResult Match(
        Synset start,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<MatchingPoint> schedule,
        GroupGradients real,
        Action<MatchingProgress>? onLog = null,
        string keptAs = "matching",
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(real);
        if (real.GroupCount != start.GroupCount)
            throw new ArgumentException($"The synset has {start.GroupCount} groups, the training set {real.GroupCount}.", nameof(real));
        if (schedule.Any(point => Math.Min(point.Real, point.Synset) < 0 || Math.Max(point.Real, point.Synset) >= checkpoints.Count))
            throw new ArgumentException($"The schedule names a checkpoint outside the {checkpoints.Count} that are given.",
                nameof(schedule));

        Synset labelled = Labelled(start, checkpoints);
        if (options is { Form: MatchingForm.Reverse, LearnLabels: false, AllowHardLabels: false } && labelled.HasHardLabels)
            throw new InfeasibleMatchingException();

        var images = new float[labelled.Images.Length];
        var labels = new float[labelled.Labels.Length];
        var log = new List<MatchingProgress>();
        for (int first = 0; first < labelled.GroupCount; first += options.Wave)
        {
            int count = Math.Min(options.Wave, labelled.GroupCount - first);
            MatchWave(labelled, first, count, checkpoints, schedule, real, images, labels, new KeptWave(Kept, keptAs, first, count),
                entry =>
            {
                log.Add(entry);
                onLog?.Invoke(entry);
            }, cancellation);
        }
        return new MatchingResult(new Synset(labelled.Image, labelled.Classes, images, labels, labelled.Groups), log);
    }

    private Synset Labelled(Synset start, IReadOnlyList<Checkpoint> checkpoints)
    {
        if (options.LabelStart == LabelStart.Own)
            return start;
        float[] probabilities = TargetPredictions.Of(device, network, start, checkpoints[^1].Parameters);
        return start.WithLabels(options.LabelStart == LabelStart.Soft ? probabilities : ReflectedLabels.Of(probabilities, start.Labels));
    }

    private void MatchWave(
        Synset start,
        int first,
        int count,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<MatchingPoint> schedule,
        GroupGradients real,
        float[] images,
        float[] labels,
        KeptWave kept,
        Action<MatchingProgress> log,
        CancellationToken cancellation)
    {
        int perGroup = start.PerGroup;
        var shape = new TensorShape(count, perGroup, start.Image.Channels, start.Image.Height, start.Image.Width);
        var imageRange = new Range(first * perGroup * start.ImageLength, (first + count) * perGroup * start.ImageLength);
        var labelRange = new Range(first * perGroup * start.Classes, (first + count) * perGroup * start.Classes);
        using var step = new MatchingStep(device, network, options, shape, start.Images.AsSpan(imageRange),
            start.Labels.AsSpan(labelRange));
        var at = new MatchingPoint(-1, -1);
        int there = kept.Restore(step, schedule.Count, log), done = there;
        try
        {
            for (; done < schedule.Count; done++)
            {
                cancellation.ThrowIfCancellationRequested();
                MatchingPoint point = schedule[done];
                if (point.Synset != at.Synset)
                    step.SetParameters(checkpoints[point.Synset].Parameters);
                if (point.Real != at.Real)
                    step.SetTarget(Target(real.At(checkpoints[point.Real]), first, count));
                at = point;
                step.Run(done + 1);
                if ((done + 1) % options.LogEvery == 0 || done == 0 || done + 1 == schedule.Count)
                    log(kept.Logged(new MatchingProgress(first, done + 1, schedule.Count, step.Distances)));
            }
        }
        catch (OperationCanceledException) when (done > there)
        {
            kept.Keep(step, done);
            throw;
        }

        if (done > there)
            kept.Keep(step, done);
        step.Images.CopyTo(images.AsSpan(imageRange));
        step.Labels.CopyTo(labels.AsSpan(labelRange));
    }

    private ReadOnlySpan<float> Target(float[] real, int first, int count)
    {
        ReadOnlySpan<float> wave = real.AsSpan(first * network.ParameterCount, count * network.ParameterCount);
        if (options.Form == MatchingForm.Forward)
            return wave;
        var negative = new float[wave.Length];
        TensorPrimitives.Negate(wave, negative);
        return negative;
    }
}
