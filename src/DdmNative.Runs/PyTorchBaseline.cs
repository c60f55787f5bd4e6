namespace DdmNative.Runs;

/// <summary>How to time PyTorch at the same retraining, to compare with.</summary>
/// <param name="Python">A Python with PyTorch.</param>
/// <param name="Script"><c>benchmarks/pytorch/retraining.py</c>.</param>
/// <param name="Threads">As many as this run's own device has.</param>
public sealed record PyTorchBaseline(string Python, string Script, int Threads);
