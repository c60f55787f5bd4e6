using System.Diagnostics;
using DdmNative.Compute;

namespace DdmNative.Benchmarks.Cublas;

/// <summary>The linear layer by our kernels.</summary>
internal sealed class OurProduct : IDisposable
{
    private readonly Tensor _x, _parameters, _y;
    private readonly IPlan _plan;

    public OurProduct(Device device, LinearLayer layer, float[] samples, float[] weight)
    {
        _x = device.Upload(new TensorShape(1, layer.Samples, layer.Inputs), samples);
        _parameters = device.Upload(TensorShape.Vector(1, weight.Length + layer.Outputs), [.. weight, .. new float[layer.Outputs]]);
        _y = device.Allocate(new TensorShape(1, layer.Samples, layer.Outputs));
        _plan = device.Record("product",
            () => device.MatrixProduct.Forward(_x, new Slice(_parameters, 0, weight.Length),
            new Slice(_parameters, weight.Length, layer.Outputs), _y));
    }

    public float[] Result()
    {
        _plan.Run();
        return _y.ToArray();
    }

    /// <summary>
    /// Seconds of one product, averaged over several; the time of the final download is measured separately and subtracted.
    /// </summary>
    public double Seconds(int repeats)
    {
        _y.ToArray();
        long start = Stopwatch.GetTimestamp();
        _y.ToArray();
        double download = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            _plan.Run();
        _y.ToArray();
        return Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds - download, 1e-9) / repeats;
    }

    public void Dispose()
    {
        _plan.Dispose();
        _x.Dispose();
        _parameters.Dispose();
        _y.Dispose();
    }
}
