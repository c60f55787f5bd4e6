namespace DdmNative.Compute.Cuda;

/// <summary>The precisions as <c>--precision</c> names them.</summary>
public static class PrecisionNames
{
    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<string> All { get; } = ["fp32", "tf32", "tf32x3"];

    /// <summary>The precision of that name; null if there is none.</summary>
    public static Precision? Find(string name) => name switch
    {
        "fp32" => Precision.Fp32,
        "tf32" => Precision.Tf32,
        "tf32x3" => Precision.Tf32x3,
        _ => null,
    };
}
