using BenchmarkDotNet.Attributes;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Benchmarks;

/// <summary>Instance norm, and ReLU with pooling, on the maps of a ConvNet's layers; together, so that the device can fuse them.</summary>
public class NormPoolBenchmarks : KernelBenchmark
{
    private const int Samples = 64;
    private const int Window = 2;
    private IPlan _norm = null!, _normBackward = null!, _pool = null!, _poolBackward = null!, _both = null!;

    /// <summary>Channels × size.</summary>
    [Params("128x28", "128x14", "32x28", "32x7")]
    public string Maps { get; set; } = "";

    [Benchmark]
    public void Norm() => _norm.Run();

    [Benchmark]
    public void NormBackward() => _normBackward.Run();

    [Benchmark]
    public void Pool() => _pool.Run();

    [Benchmark]
    public void PoolBackward() => _poolBackward.Run();

    /// <summary>Norm, ReLU and pool, forward and backward, nothing between them kept.</summary>
    [Benchmark]
    public void NormAndPoolBothWays() => _both.Run();

    protected override void Prepare()
    {
        int[] numbers = [.. Maps.Split('x').Select(int.Parse)];
        int channels = numbers[0];
        var shape = new TensorShape(1, Samples, channels, numbers[1], numbers[1]);
        Tensor x = Random(shape), y = Zeros(shape), cotangent = Random(shape), result = Zeros(shape);
        Tensor pooled = Zeros(ReluAvgPool.Pooled(Window, shape)), pooledCotangent = Random(pooled.Shape);
        Tensor statistics = Zeros(InstanceNorm.StatisticsShape(shape));
        Tensor parameters = Random(TensorShape.Vector(1, 2 * channels)), gradient = Zeros(parameters.Shape);
        Tensor normalised = Own(Device.AllocateTransient(shape)), normalisedCotangent = Own(Device.AllocateTransient(shape));
        _norm = Record("norm", () => Forward(y));
        _norm.Run();
        _normBackward = Record("norm backward", () => Backward(cotangent));
        _pool = Record("pool", () => Device.ReluAvgPool.Forward(Window, x, pooled));
        _poolBackward = Record("pool backward", () => Device.ReluAvgPool.Backward(Window, x, pooledCotangent, result));
        _both = Record("norm and pool", () =>
        {
            Forward(normalised);
            Device.ReluAvgPool.Forward(Window, normalised, pooled);
            Device.ReluAvgPool.Backward(Window, normalised, pooledCotangent, normalisedCotangent);
            Backward(normalisedCotangent);
        });

        void Forward(Tensor target) => Device.InstanceNorm.Forward(x, Scale(parameters), Shift(parameters), target, statistics);

        void Backward(Tensor delta)
            => Device.InstanceNorm.Backward(x, statistics, delta, Scale(parameters), result, Scale(gradient), Shift(gradient));

        Slice Scale(Tensor vector) => new(vector, 0, channels);

        Slice Shift(Tensor vector) => new(vector, channels, channels);
    }
}
