namespace DdmNative.Benchmarks.Cublas;

/// <summary>One size. Seconds of one product; what was not measured is null.</summary>
/// <param name="Name">Samples × inputs × outputs.</param>
/// <param name="OursS">Seconds of our kernel.</param>
/// <param name="CublasS">Seconds of cuBLAS.</param>
/// <param name="Ratio">cuBLAS's seconds over ours.</param>
/// <param name="RelativeError">Relative difference of the two results, in the Euclidean norm.</param>
internal sealed record Row(string Name, double OursS, double? CublasS, double? Ratio, double? RelativeError);
