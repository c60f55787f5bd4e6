using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// R·g for gradients g [E, P], R [k, P] uniform in ±√(3/k), so that ⟨Rg, Rh⟩ is ⟨g, h⟩ in the mean (Johnson and Lindenstrauss). R is drawn by Philox a few rows at a time, where it is used, and forgotten: rows
/// 32c … 32c + 31 take one stream, row after row.
/// </summary>
internal sealed class RandomProjection : IDisposable
{
    private const int Rows = 32;
    private const uint Stream = 0x50524F00;

    private readonly Device _device;
    private readonly ulong _seed;
    private readonly uint _firstStream;
    private readonly int _length;
    private readonly Tensor _gradients, _rows, _products;

    /// <param name="device">Where to multiply.</param>
    /// <param name="network">Whose gradients.</param>
    /// <param name="wave">E.</param>
    /// <param name="dimensions">k.</param>
    /// <param name="seed">Decides R.</param>
    /// <param name="draw">Another R for each.</param>
    public RandomProjection(Device device, Network network, int wave, int dimensions, ulong seed, int draw)
    {
        (_device, Wave, Dimensions, _seed, _length) = (device, wave, dimensions, seed, network.ParameterCount);
        _firstStream = Stream + (uint)draw * (uint)((dimensions + Rows - 1) / Rows);
        int rows = Math.Min(Rows, dimensions);
        _gradients = device.Allocate(TensorShape.Vector(wave, _length));
        _rows = device.Allocate(TensorShape.Vector(1, checked(rows * (_length + 1))));
        _products = device.Allocate(new TensorShape(wave, 1, rows));
    }

    /// <summary>E: gradients projected together.</summary>
    public int Wave { get; }

    /// <summary>k.</summary>
    public int Dimensions { get; }

    /// <summary>The memory that the rows take.</summary>
    public static MemoryEstimate Estimate(Network network) => new(("rows of the projection", MemoryEstimate.Vectors(network, Rows)));

    /// <summary>[E, k] of gradients on the device [E, 1, P].</summary>
    public float[] Project(Tensor gradients)
    {
        var projected = new float[Wave * Dimensions];
        int rows = _products.Shape.Channels;
        float bound = (float)Math.Sqrt(3.0 / Dimensions);
        for (int first = 0; first < Dimensions; first += rows)
        {
            // A last chunk that is not whole is drawn whole, and its rest left out.
            _device.Philox.FillUniform(new Slice(_rows, 0, rows * _length), -bound, bound, _seed, _firstStream + (uint)(first / rows));
            _device.MatrixProduct.Forward(gradients, new Slice(_rows, 0, rows * _length), new Slice(_rows, rows * _length, rows), _products);
            float[] part = _products.ToArray();
            int count = Math.Min(rows, Dimensions - first);
            for (int e = 0; e < Wave; e++)
                part.AsSpan(e * rows, count).CopyTo(projected.AsSpan(e * Dimensions + first));
        }

        return projected;
    }

    /// <summary>[count, k] of gradients on the host [count, P].</summary>
    public float[] Project(float[] gradients, int count)
    {
        var projected = new float[count * Dimensions];
        var wave = new float[Wave * _length];
        for (int first = 0; first < count; first += Wave)
        {
            int here = Math.Min(Wave, count - first);
            gradients.AsSpan(first * _length, here * _length).CopyTo(wave);
            _gradients.Upload(wave);
            Project(_gradients).AsSpan(0, here * Dimensions).CopyTo(projected.AsSpan(first * Dimensions));
        }

        return projected;
    }

    public void Dispose()
    {
        _gradients.Dispose();
        _rows.Dispose();
        _products.Dispose();
    }
}
