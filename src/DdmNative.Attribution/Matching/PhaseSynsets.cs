using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Matching;

/// <summary>A synset for a stretch of training, from a step on until the next phase begins.</summary>
public sealed record PhaseSynset(int FirstStep, Synset Synset);

/// <summary>
/// The synsets of controlled replay: one per phase of training, each matched forward at its own phase's checkpoints, because a group's gradient turns as training
/// goes on and a synset of two images cannot follow it all the way.
/// </summary>
public static class PhaseSynsets
{
    /// <summary>Cuts training from <paramref name="firstStep"/> to its last checkpoint into equal phases and matches one synset for each.</summary>
    /// <param name="matcher">With forward options.</param>
    /// <param name="start">Where every phase's images begin; m = 2 was measured.</param>
    /// <param name="checkpoints">Recorded parameters by step, ascending; the last one is θ_T.</param>
    /// <param name="firstStep">Where the replay begins.</param>
    /// <param name="phases">How many; five were measured.</param>
    /// <param name="stepsPerPhase">Matching steps of each phase.</param>
    /// <param name="real">The real groups' gradients.</param>
    /// <param name="onProgress">Called as (phases done, phases), a part of one by its matching steps.</param>
    /// <param name="cancellation">Ends between two steps.</param>
    /// <exception cref="ArgumentException">A phase holds no checkpoint.</exception>
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
            // The checkpoint in the middle: nearest on the average to every step that the synset will serve.
            List<Checkpoint> inside = [.. checkpoints.Where(checkpoint => checkpoint.Step >= from && checkpoint.Step <= to)];
            if (inside.Count == 0)
                throw new ArgumentException($"No checkpoint was recorded between steps {from} and {to}; record more of the trajectory.", nameof(checkpoints));
            Checkpoint middle = inside.OrderBy(checkpoint => Math.Abs(2 * checkpoint.Step - from - to)).First();
            int done = phase;
            void Tell(MatchingProgress wave) => onProgress?.Invoke(done + (wave.FirstGroup + (double)wave.Step / wave.Steps * wave.Distances.Count) / real.GroupCount, phases);
            synsets[phase] = new PhaseSynset(from, matcher.Match(start, [middle], MatchingSchedule.At(0, stepsPerPhase), real, Tell, $"phase-{phase}", cancellation).Synset);
        }
        return synsets;
    }
}
