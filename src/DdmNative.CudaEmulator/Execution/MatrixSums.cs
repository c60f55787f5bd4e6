namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// How matrix instructions add the products of floats of 8, 16 and 19 bits; integers and doubles are always added in the same way.
/// </summary>
public enum MatrixSums
{
    /// <summary>As tensor cores do: aligned to the largest exponent of a step and truncated (<see cref="TensorCore"/>).</summary>
    Truncate,

    /// <summary>One after the other in order of k, each sum rounded to the nearest float32.</summary>
    Round,
}
