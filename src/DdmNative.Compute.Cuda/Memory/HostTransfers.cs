using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Memory;

/// <summary>
/// Copies between the host's row-major values and the device's, channels last, piece by piece through the staging memory.
/// </summary>
/// <remarks>
/// A tensor of 2³¹ floats or more has no span on the host; <see cref="Tensor"/> rejects it by its shape before this class is called.
/// </remarks>
internal sealed unsafe class HostTransfers(ICudaDriver driver, nint stream, StagingRing staging)
{
    /// <summary>Stages values and copies them to <paramref name="address"/> in stream order; does not wait for the copy.</summary>
    public void Upload(TensorShape shape, ReadOnlySpan<float> values, ulong address)
    {
        foreach (TransferPiece piece in TransferPieces.Cut(shape.Length))
        {
            var staged = new Span<float>((void*)staging.Next(piece.Bytes), piece.Length);
            if (ChannelsLast.IsPlain(shape))
                values.Slice(checked((int)piece.Start), piece.Length).CopyTo(staged);
            else
                ChannelsLast.FromRowMajor(shape, values, piece.Start, staged);
            staging.Send(piece.Address(address), piece.Bytes);
        }
    }

    /// <summary>
    /// Copies values at <paramref name="address"/> to the host, after all earlier work. While the host stores one piece, the next is being
    /// copied; for the last it waits until the stream is empty.
    /// </summary>
    public void Download(TensorShape shape, ulong address, Span<float> values)
    {
        (TransferPiece Piece, StagedPiece Staged)? arriving = null;
        foreach (TransferPiece piece in TransferPieces.Cut(shape.Length))
        {
            StagedPiece staged = staging.Receive(piece.Address(address), piece.Bytes);
            if (arriving is { } before)
            {
                driver.Wait(before.Staged.Copied);
                Store(shape, before.Piece, before.Staged, values);
            }
            arriving = (piece, staged);
        }
        driver.Synchronize(stream);
        Store(shape, arriving!.Value.Piece, arriving.Value.Staged, values);
        staging.FreeAll();
    }

    private static void Store(TensorShape shape, TransferPiece piece, StagedPiece staged, Span<float> values)
    {
        var floats = new ReadOnlySpan<float>((void*)staged.Memory, piece.Length);
        if (ChannelsLast.IsPlain(shape))
            floats.CopyTo(values.Slice(checked((int)piece.Start), piece.Length));
        else
            ChannelsLast.ToRowMajor(shape, floats, piece.Start, values);
    }
}
