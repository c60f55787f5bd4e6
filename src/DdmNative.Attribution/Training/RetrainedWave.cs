namespace DdmNative.Attribution.Training;

/// <summary>Models that were trained together and finished: what a job stores so that it need not train them again.</summary>
/// <param name="Seed">The seed of their initialisation and batch order.</param>
/// <param name="Members">Which models: 0 is the reference with everything, i + 1 the one without the i-th left-out set.</param>
/// <param name="Logits">[members of this wave, M, K] on the evaluation samples.</param>
public sealed record RetrainedWave(ulong Seed, int[] Members, float[] Logits);
