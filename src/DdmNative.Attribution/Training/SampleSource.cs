using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// Samples (or their label vectors) for batches: on the device, where a plan gathers them by index, or on the host, where each batch is
/// read and uploaded before the plan runs (<see cref="SampleBatch"/>). Both give the same bits.
/// </summary>
public sealed class SampleSource : IDisposable
{
    private SampleSource(SampleRows rows, TensorShape shape, Tensor? tensor) => (Rows, Shape, Tensor) = (rows, shape, tensor);

    /// <summary>[N][C·H·W]: the samples on the host.</summary>
    public SampleRows Rows { get; }

    /// <summary>[1, N, C, H, W].</summary>
    public TensorShape Shape { get; }

    /// <summary>The samples on the device; null if batches come from the host.</summary>
    public Tensor? Tensor { get; }

    /// <summary>Uploads rows that are not large (<see cref="SampleRows.IsLarge"/>); leaves large ones on the host.</summary>
    /// <param name="device">The device of the batches.</param>
    /// <param name="rows">[N][C·H·W].</param>
    /// <param name="sample">The shape of one sample.</param>
    /// <exception cref="ArgumentException">The rows are not samples of this shape, or there are none.</exception>
    public static SampleSource Create(Device device, SampleRows rows, ImageShape sample)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Length != sample.Length)
            throw new ArgumentException($"Rows of {rows.Length} values are not samples of {sample}.", nameof(rows));
        TensorShape shape = sample.For(members: 1, rows.Count);
        if (rows.Values is float[] values)
            return new SampleSource(rows, shape, device.Upload(shape, values));
        if (rows.IsLarge)
            return new SampleSource(rows, shape, null);
        var copy = new float[shape.Length];
        rows.Read(0, rows.Count, copy);
        return new SampleSource(rows, shape, device.Upload(shape, copy));
    }

    /// <summary>Frees the tensor.</summary>
    public void Dispose() => Tensor?.Dispose();
}
