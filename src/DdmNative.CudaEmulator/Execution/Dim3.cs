namespace DdmNative.CudaEmulator.Execution;

/// <summary>Extents of a grid in blocks, or of a block in threads.</summary>
public readonly record struct Dim3(uint X, uint Y = 1, uint Z = 1)
{
    public ulong Count => (ulong)X * Y * Z;

    public override string ToString() => $"({X}, {Y}, {Z})";
}
