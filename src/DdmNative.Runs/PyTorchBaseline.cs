namespace DdmNative.Runs;

/// <summary>How to measure PyTorch's time for the same retraining, for comparison.</summary>
/// <param name="Python">A Python interpreter with PyTorch.</param>
/// <param name="Script"><c>benchmarks/pytorch/retraining.py</c>.</param>
/// <param name="Threads">The number of threads of this run's device.</param>
public sealed record PyTorchBaseline(string Python, string Script, int Threads);
