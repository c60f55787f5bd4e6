namespace DdmNative.Compute.Cuda.Memory;

/// <summary>A run of floats in the device's order.</summary>
/// <param name="Start">Its first float.</param>
/// <param name="Length">Floats.</param>
internal readonly record struct TransferPiece(long Start, int Length)
{
    public long Bytes => sizeof(float) * (long)Length;

    /// <summary>The piece's device address, given the tensor's.</summary>
    public ulong Address(ulong tensor) => tensor + sizeof(float) * (ulong)Start;
}

/// <summary>How a tensor is cut to pass through the staging memory.</summary>
internal static class TransferPieces
{
    /// <summary>Floats of the largest piece.</summary>
    public const int Largest = StagingRing.PieceBytes / sizeof(float);

    /// <summary>The pieces of <paramref name="length"/> floats, in order; one may begin and end in the middle of a sample.</summary>
    public static IEnumerable<TransferPiece> Cut(long length)
    {
        for (long start = 0; start < length; start += Largest)
            yield return new TransferPiece(start, (int)Math.Min(Largest, length - start));
    }
}
