using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// R·g for gradients g [E, P], R [k, P] uniform in ±√(3/k), so that the expectation of ⟨Rg, Rh⟩ is ⟨g, h⟩ (Johnson and Lindenstrauss).
/// Philox generates a few rows of R at a time when they are used, and they are not stored: rows 32c … 32c + 31 come from one stream, row
/// after row.
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

    /// <param name="device">The device for the multiplication.</param>
    /// <param name="network">The network of the gradients.</param>
    /// <param name="wave">E.</param>
    /// <param name="dimensions">k.</param>
    /// <param name="seed">The seed of R.</param>
    /// <param name="draw">A different R for each value.</param>
    public RandomProjection(Device device, Network network, int wave, int dimensions, ulong seed, int draw)
    {
        (_device, Wave, Dimensions, _seed, _length) = (device, wave, dimensions, seed, network.ParameterCount);
        _firstStream = Stream + (uint)draw * (uint)((dimensions + Rows - 1) / Rows);
        int rows = Math.Min(Rows, dimensions);
        _gradients = device.Allocate(TensorShape.Vector(wave, _length));
        _rows = device.Allocate(TensorShape.Vector(1, checked(rows * (_length + 1))));
        _products = device.Allocate(new TensorShape(wave, 1, rows));
    }

    /// <summary>E: the number of gradients projected together.</summary>
    public int Wave { get; }

    /// <summary>k.</summary>
    public int Dimensions { get; }

    /// <summary>The memory that the rows need.</summary>
    public static MemoryEstimate Estimate(Network network) => new(("rows of the projection", MemoryEstimate.Vectors(network, Rows)));

    /// <summary>Projects gradients on the device [E, 1, P] to [E, k].</summary>
    public float[] Project(Tensor gradients)
    {
        var projected = new float[Wave * Dimensions];
        int rows = _products.Shape.Channels;
        float bound = (float)Math.Sqrt(3.0 / Dimensions);
        for (int first = 0; first < Dimensions; first += rows)
        {
            // An incomplete last chunk is generated completely, and the rest of it is ignored.
            _device.Philox.FillUniform(new Slice(_rows, 0, rows * _length), -bound, bound, _seed, _firstStream + (uint)(first / rows));
            _device.MatrixProduct.Forward(gradients, new Slice(_rows, 0, rows * _length), new Slice(_rows, rows * _length, rows),
                _products);
            float[] part = _products.ToArray();
            int count = Math.Min(rows, Dimensions - first);
            for (int e = 0; e < Wave; e++)
                part.AsSpan(e * rows, count).CopyTo(projected.AsSpan(e * Dimensions + first));
        }

        return projected;
    }

    /// <summary>Projects gradients on the host [count, P] to [count, k].</summary>
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
