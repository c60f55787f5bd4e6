using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Contracts;
using DdmNative.Compute;

namespace DdmNative.Attribution.Matching;

/// <summary>Computes a synset by its recipe, which determines the checkpoints, the form and the number of steps.</summary>
/// <param name="device">The device for the matching.</param>
/// <param name="network">The target's architecture.</param>
/// <param name="trajectory">The target's recorded training.</param>
/// <param name="start">The initial images.</param>
/// <param name="real">The real groups' gradients.</param>
/// <param name="options">The options from <see cref="Options"/>, with a limited wave.</param>
/// <param name="training">The target's training options, which determine where replays start.</param>
/// <param name="recipe">Any but the feature synset's.</param>
internal sealed class SynsetMatching(
    Device device, Network network, Trajectory trajectory, Synset start, GroupGradients real, MatchingOptions options,
    TrainingOptions training, SynsetRecipe recipe)
{
    /// <summary>The number of synsets of the recipe <see cref="SynsetRecipe.Phases"/>.</summary>
    public const int PhaseCount = 5;

    /// <summary>Matching steps per phase.</summary>
    public const int PhaseSteps = 80;

    /// <summary>Called with (done, total, unit).</summary>
    public Action<double, double, string>? OnProgress { get; init; }

    public CancellationToken Cancellation { get; init; }

    /// <summary>The store of finished work, from which an interrupted matching resumes.</summary>
    public IPartialResults Kept { get; init; } = new NothingKept();

    private GradientMatcher Matcher => new(device, network, options) { Kept = Kept };

    /// <summary>The matching's options for a recipe.</summary>
    /// <param name="recipe">Determines the form and the number of steps.</param>
    /// <param name="learningRate">Adam's learning rate on the pixels, which are normalised.</param>
    /// <param name="distance">The gradient distance that is minimised.</param>
    public static MatchingOptions Options(
        SynsetRecipe recipe, float learningRate = 0.03f, GradientDistanceKind distance = GradientDistanceKind.Relative)
    {
        var options = new MatchingOptions { Distance = distance, Steps = recipe.Steps };
        options = options with { Images = options.Images with { LearningRate = learningRate } };
        return recipe.Kind == SynsetRecipe.Reverse
            ? options with { Form = MatchingForm.Reverse, LabelStart = LabelStart.Reflected }
            : options;
    }

    /// <summary>Computes the synset of a recipe that has a single one.</summary>
    public MatchingResult Match()
    {
        int steps = options.StepsToTake;
        // The gradients must be right where the replay starts; further matching from the end of training gave worse predictions.
        Checkpoint checkpoint = recipe.Kind == SynsetRecipe.Replay
            ? trajectory.NearestTo(new Replay().FirstStep(training, trajectory.TotalSteps)) : trajectory.Checkpoints[^1];
        int groups = real.GroupCount;
        return Matcher.Match(start, checkpoint, real,
            progress => OnProgress?.Invoke(
            progress.FirstGroup * (double)steps / groups + progress.Step * Math.Min(1.0, (double)options.Wave / groups), steps, "steps"),
            Cancellation);
    }

    /// <summary>Computes the synsets of all phases of training.</summary>
    public IReadOnlyList<PhaseSynset> MatchPhases()
        => PhaseSynsets.Match(Matcher, start, trajectory.Checkpoints, new ControlledReplay().FirstStep(training, trajectory.TotalSteps),
            PhaseCount,
            recipe.Steps > 0 ? recipe.Steps : PhaseSteps, real, (done, total) => OnProgress?.Invoke(done, total, "phases"), Cancellation);
}
