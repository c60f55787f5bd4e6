namespace DdmNative.CudaEmulator.Ptx;

/// <summary>PTX that cannot be loaded. The message names the line, what was found there and what was expected.</summary>
public sealed class PtxException(int line, string message) : Exception($"ptx line {line}: {message}")
{
    /// <summary>One-based line of the PTX text.</summary>
    public int Line { get; } = line;
}
