namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Runs a workload once; if that is long and <paramref name="isShort"/> is set, enough of it to warm up and to compare variants.
/// </summary>
internal delegate void Work(bool isShort);

/// <summary>One way to write a workload with TorchSharp.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Build">Creates the inputs; not timed.</param>
internal sealed record Variant(string Name, Func<Work> Build);
