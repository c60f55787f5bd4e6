namespace DdmNative.Compute.Cuda;

/// <summary>Extents of a grid (in blocks) or of a block (in threads). A grid's y and z are at most 65535.</summary>
internal readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    public override string ToString() => $"({X}, {Y}, {Z})";
}
