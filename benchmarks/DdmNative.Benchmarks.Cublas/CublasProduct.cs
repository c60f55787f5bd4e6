using System.Diagnostics;
using ManagedCuda;
using ManagedCuda.CudaBlas;

namespace DdmNative.Benchmarks.Cublas;

/// <summary>The linear layer by cuBLAS, in the primary context of our device, which must be current.</summary>
internal sealed class CublasProduct : IDisposable
{
    private readonly CudaBlas _blas;
    private readonly LinearLayer _layer;
    private readonly CudaDeviceVariable<float> _x, _weight, _y;

    public CublasProduct(CudaBlas blas, LinearLayer layer, float[] samples, float[] weights)
    {
        (_blas, _layer) = (blas, layer);
        (_x, _weight, _y) = (samples, weights, new CudaDeviceVariable<float>(layer.Samples * layer.Outputs));
    }

    public float[] Result()
    {
        Run();
        return _y;
    }

    /// <summary>Seconds of one product, averaged over several.</summary>
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
        _x.Dispose();
        _weight.Dispose();
        _y.Dispose();
    }

    /// <summary>
    /// cuBLAS is column-major: row-major y [N, O] is its yᵀ (O × N) = W (O × I) · xᵀ (I × N), and row-major W its I × O, to be transposed.
    /// </summary>
    private void Run()
        => _blas.Gemm(Operation.Transpose, Operation.NonTranspose, _layer.Outputs, _layer.Samples, _layer.Inputs, 1f, _weight,
            _layer.Inputs, _x, _layer.Inputs, 0f, _y, _layer.Outputs);

    private static void Finish()
    {
        using var end = new CudaEvent();
        end.Record();
        end.Synchronize();
    }
}
