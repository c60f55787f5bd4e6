namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Stores retrained models' logits [M, K] on the evaluation samples, by <see cref="RetrainingIdentity"/>. A trained model is never trained
/// again, whichever metric, method or interrupted run requested it.
/// </summary>
/// <param name="folder">Created when the first model is stored.</param>
public sealed class RetrainedModelStore(string folder) : ContentStore(folder, "logits");
