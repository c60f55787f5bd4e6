namespace DdmNative.Compute.Cuda;

/// <summary>How convolutions and matrix products multiply. Sums are float32 in every case.</summary>
public enum Precision
{
    /// <summary>float32 products on the ordinary cores.</summary>
    Fp32,

    /// <summary>Tensor cores on operands rounded to ten bits of mantissa (TF32): a relative error of about 1e-3.</summary>
    Tf32,

    /// <summary>Tensor cores, three products per product on operands split in two (3×TF32): errors of float32's size.</summary>
    Tf32x3,
}
