using System.Diagnostics;
using ManagedCuda;
using ManagedCuda.CudaBlas;

namespace DdmNative.Benchmarks.Cublas;

/// <summary>The linear layer by cuBLAS, in the primary context, which our device uses and which must be current.</summary>
internal sealed class CublasProduct : IDisposable
{
    private readonly CudaBlas blas;
    private readonly LinearLayer layer;
    private readonly CudaDeviceVariable<float> x, weight, y;

    public CublasProduct(CudaBlas blas, LinearLayer layer, float[] samples, float[] weights)
    {
        (this.blas, this.layer) = (blas, layer);
        (x, weight, y) = (samples, weights, new CudaDeviceVariable<float>(layer.Samples * layer.Outputs));
    }

    public float[] Result()
    {
        Run();
        return y;
    }

    /// <summary>Seconds per product, averaged over <paramref name="repeats"/> of them.</summary>
    public double Seconds(int repeats)
    {
        Run();
        Finish();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            Run();
        Finish();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }

    public void Dispose()
    {
        x.Dispose();
        weight.Dispose();
        y.Dispose();
    }

    /// <summary>
    /// cuBLAS is column-major: row-major y [N, O] is its yᵀ (O × N) = W (O × I) · xᵀ (I × N), and row-major W is its I × O, to be
    /// transposed.
    /// </summary>
    private void Run()
        => blas.Gemm(Operation.Transpose, Operation.NonTranspose, layer.Outputs, layer.Samples, layer.Inputs, 1f, weight, layer.Inputs, x, layer.Inputs, 0f, y, layer.Outputs);

    private static void Finish()
    {
        using var end = new CudaEvent();
        end.Record();
        end.Synchronize();
    }
}
