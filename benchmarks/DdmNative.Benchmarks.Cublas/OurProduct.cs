using System.Diagnostics;
using DdmNative.Compute;

namespace DdmNative.Benchmarks.Cublas;

/// <summary>The linear layer by our kernels.</summary>
internal sealed class OurProduct : IDisposable
{
    private readonly Tensor x, parameters, y;
    private readonly IPlan plan;

    public OurProduct(Device device, LinearLayer layer, float[] samples, float[] weight)
    {
        x = device.Upload(new TensorShape(1, layer.Samples, layer.Inputs), samples);
        parameters = device.Upload(TensorShape.Vector(1, weight.Length + layer.Outputs), [.. weight, .. new float[layer.Outputs]]);
        y = device.Allocate(new TensorShape(1, layer.Samples, layer.Outputs));
        plan = device.Record("product", () => device.MatrixProduct.Forward(x, new Slice(parameters, 0, weight.Length), new Slice(parameters, weight.Length, layer.Outputs), y));
    }

    public float[] Result()
    {
        plan.Run();
        return y.ToArray();
    }

    /// <summary>Seconds per product; the download that waits for the products is timed separately and subtracted.</summary>
    public double Seconds(int repeats)
    {
        y.ToArray();
        long start = Stopwatch.GetTimestamp();
        y.ToArray();
        double download = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            plan.Run();
        y.ToArray();
        return Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds - download, 1e-9) / repeats;
    }

    public void Dispose()
    {
        plan.Dispose();
        x.Dispose();
        parameters.Dispose();
        y.Dispose();
    }
}
