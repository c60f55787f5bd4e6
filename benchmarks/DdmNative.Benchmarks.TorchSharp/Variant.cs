namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Runs a workload once; if it is long and <paramref name="isShort"/> is set, only as much of it as is needed to warm up and to compare
/// variants.
/// </summary>
internal delegate void Work(bool isShort);

/// <summary>One way in which an experienced TorchSharp user would write a workload.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="Build">Creates the inputs, which is not timed.</param>
internal sealed record Variant(string Name, Func<Work> Build);
