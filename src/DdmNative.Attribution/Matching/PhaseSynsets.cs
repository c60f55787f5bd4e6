using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Matching;

/// <summary>The synset of one phase of training, from a step until the next phase starts.</summary>
public sealed record PhaseSynset(int FirstStep, Synset Synset);

/// <summary>
/// The synsets of controlled replay: one per phase of training, each matched forward at its own phase's checkpoint, because a group's
/// gradient changes direction during training and a synset of two images cannot match it over the whole training.
/// </summary>
public static class PhaseSynsets
{
    /// <summary>
    /// Divides the training from <paramref name="firstStep"/> to its last checkpoint into equal phases, and matches one synset for each.
    /// </summary>
    /// <param name="matcher">A matcher with forward options.</param>
    /// <param name="start">The initial images of every phase; m = 2 was measured.</param>
    /// <param name="checkpoints">Recorded parameters by step, ascending; the last one is θ_T.</param>
    /// <param name="firstStep">The first step of the replay.</param>
    /// <param name="phases">The number of phases; five were measured.</param>
    /// <param name="stepsPerPhase">Matching steps of each phase.</param>
    /// <param name="real">The real groups' gradients.</param>
    /// <param name="onProgress">Called with (phases done, phases); a part of a phase counts by its matching steps.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="ArgumentException">A phase contains no checkpoint.</exception>
    public static IReadOnlyList<PhaseSynset> Match(
        GradientMatcher matcher,
        Synset start,
        IReadOnlyList<Checkpoint> checkpoints,
        int firstStep,
        int phases,
        int stepsPerPhase,
        GroupGradients real,
        Action<double, double>? onProgress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(matcher);
        ArgumentNullException.ThrowIfNull(checkpoints);
        int lastStep = checkpoints[^1].Step;
        var synsets = new PhaseSynset[phases];
        for (int phase = 0; phase < phases; phase++)
        {
            int from = firstStep + (lastStep - firstStep) * phase / phases;
            int to = firstStep + (lastStep - firstStep) * (phase + 1) / phases;
            // The middle checkpoint: on average nearest to every step of the phase.
            List<Checkpoint> inside = [.. checkpoints.Where(checkpoint => checkpoint.Step >= from && checkpoint.Step <= to)];
            if (inside.Count == 0)
                throw new ArgumentException($"No checkpoint was recorded between steps {from} and {to}; record more of the trajectory.",
                    nameof(checkpoints));
            Checkpoint middle = inside.OrderBy(checkpoint => Math.Abs(2 * checkpoint.Step - from - to)).First();
            int done = phase;
            void Report(MatchingProgress wave)
                => onProgress?.Invoke(done + (wave.FirstGroup + (double)wave.Step / wave.Steps * wave.Distances.Count) / real.GroupCount,
                    phases);
            synsets[phase] = new PhaseSynset(from,
                matcher.Match(start, [middle], MatchingSchedule.At(0, stepsPerPhase), real, Report, $"phase-{phase}", cancellation).Synset);
        }
        return synsets;
    }
}
