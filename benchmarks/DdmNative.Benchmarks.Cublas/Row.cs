namespace DdmNative.Benchmarks.Cublas;

/// <summary>The measurements of one size. Seconds per product; values that were not measured are null.</summary>
/// <param name="Name">Samples × inputs × outputs.</param>
/// <param name="OursS">Seconds of our kernel.</param>
/// <param name="CublasS">Seconds of cuBLAS.</param>
/// <param name="Ratio">cuBLAS's seconds divided by ours.</param>
/// <param name="RelativeError">The relative difference of the two results, in the Euclidean norm.</param>
internal sealed record Row(string Name, double OursS, double? CublasS, double? Ratio, double? RelativeError);
