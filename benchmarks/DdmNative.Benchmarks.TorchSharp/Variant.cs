namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>Once through a workload; where that is long and <paramref name="isShort"/> is asked for, through enough of it to warm up and to compare variants.</summary>
internal delegate void Work(bool isShort);

/// <summary>A way in which a good TorchSharp user would write a workload.</summary>
/// <param name="Name">As the table prints it.</param>
/// <param name="Build">Makes the inputs, which is not timed.</param>
internal sealed record Variant(string Name, Func<Work> Build);
