using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// Trains one model with everything and one without each left-out set of groups, all from the same initialisation, with the same batch order and
/// schedule, in waves along the ensemble axis. On whole networks this is exact retraining; on the top of one with frozen features, the depth dial.
/// </summary>
/// <param name="device">Where to train.</param>
/// <param name="network">The network, or its top.</param>
/// <param name="set">Its training samples, on the same device.</param>
/// <param name="groupOf">[N]: the group of each training sample.</param>
/// <param name="evaluator">Evaluates models of the same network.</param>
public sealed class LeaveOutTraining(Device device, Network network, TrainingSet set, int[] groupOf, ModelEvaluator evaluator)
{
    /// <summary>Trains and evaluates the reference and all counterfactual models of one seed.</summary>
    /// <param name="recipe">The schedule; its seed decides the batch order.</param>
    /// <param name="initial">[P]: what every model starts from.</param>
    /// <param name="leftOut">The groups each counterfactual model goes without; an empty set leaves out nothing.</param>
    /// <param name="options">Wave size, resumption, progress.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="ArgumentException">The groups are not those of the training samples, or a finished wave does not fit.</exception>
    public CounterfactualLogits Run(TrainingOptions recipe, float[] initial, IReadOnlyList<int[]> leftOut, WaveOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(leftOut);
        options ??= new WaveOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Wave, 1);
        if (groupOf.Length != set.Count)
            throw new ArgumentException($"{groupOf.Length} samples are grouped, the training set has {set.Count}.", nameof(leftOut));

        int modelLength = evaluator.Samples * network.Classes;
        var logits = new float[(leftOut.Count + 1) * modelLength];
        List<int> waiting = Restore(recipe.Seed, options.Finished, logits, leftOut.Count + 1);
        bool[][] drops = [.. leftOut.Prepend([]).Select(DropsOf)];
        long total = (long)(leftOut.Count + 1) * recipe.TotalSteps(set.Count);
        long before = total - (long)waiting.Count * recipe.TotalSteps(set.Count);
        for (int first = 0; first < waiting.Count; first += options.Wave)
        {
            int[] members = [.. waiting.Skip(first).Take(options.Wave)];
            using var trainer = new EnsembleTrainer(device, network, set, recipe, members.Length);
            long doneBefore = before;
            trainer.Run(initial, (member, sample) => drops[members[member]][groupOf[sample]],
                (step, _) => options.OnProgress?.Invoke(doneBefore + (long)step * members.Length, total), cancellation);
            before += (long)members.Length * trainer.TotalSteps;
            var wave = new RetrainedWave(recipe.Seed, members, evaluator.Logits(trainer.Parameters, members.Length));
            Place(wave, logits);
            options.OnWave?.Invoke(wave);
        }

        return new CounterfactualLogits(leftOut, evaluator.Samples, network.Classes, logits[..modelLength], logits[modelLength..]);
    }

    private bool[] DropsOf(int[] groups)
    {
        var drops = new bool[groupOf.Max() + 1];
        foreach (int group in groups)
        {
            if (group < 0 || group >= drops.Length)
                throw new ArgumentException($"Group {group} is not one of 0 to {drops.Length - 1}.", nameof(groups));
            drops[group] = true;
        }

        return drops;
    }

    /// <summary>Takes over what is finished and returns the members still to train, ascending.</summary>
    private List<int> Restore(ulong seed, IReadOnlyList<RetrainedWave> finished, float[] logits, int members)
    {
        var waiting = new SortedSet<int>(Enumerable.Range(0, members));
        foreach (RetrainedWave wave in finished.Where(wave => wave.Seed == seed))
        {
            if (wave.Members.Any(member => member < 0 || member >= members) || wave.Logits.Length != (long)wave.Members.Length * evaluator.Samples * network.Classes)
                throw new ArgumentException($"A finished wave of seed {seed} does not fit {members} models evaluated on {evaluator.Samples} samples in {network.Classes} classes.", nameof(finished));
            Place(wave, logits);
            waiting.ExceptWith(wave.Members);
        }

        return [.. waiting];
    }

    private void Place(RetrainedWave wave, float[] logits)
    {
        int modelLength = evaluator.Samples * network.Classes;
        for (int i = 0; i < wave.Members.Length; i++)
            wave.Logits.AsSpan(i * modelLength, modelLength).CopyTo(logits.AsSpan(wave.Members[i] * modelLength));
    }
}
