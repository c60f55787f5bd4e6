using BenchmarkDotNet.Attributes;
using DdmNative.Compute;

namespace DdmNative.Benchmarks;

/// <summary>The linear layer: a square product, and the head of a ConvNet of width 128.</summary>
public class MatrixProductBenchmarks : KernelBenchmark
{
    private IPlan _forward = null!, _backwardData = null!, _backwardWeight = null!;

    /// <summary>Samples × inputs × outputs.</summary>
    [Params("1024x1024x1024", "256x1152x10", "256x2048x10")]
    public string Size { get; set; } = "";

    [Benchmark]
    public void Forward() => _forward.Run();

    [Benchmark]
    public void BackwardData() => _backwardData.Run();

    [Benchmark]
    public void BackwardWeight() => _backwardWeight.Run();

    protected override void Prepare()
    {
        int[] numbers = [.. Size.Split('x').Select(int.Parse)];
        (int samples, int inputs, int outputs) = (numbers[0], numbers[1], numbers[2]);
        Tensor x = Random(new TensorShape(1, samples, inputs)), xCotangent = Zeros(x.Shape);
        Tensor y = Zeros(new TensorShape(1, samples, outputs)), cotangent = Random(y.Shape);
        Tensor parameters = Random(TensorShape.Vector(1, (inputs + 1) * outputs)), gradient = Zeros(parameters.Shape);
        _forward = Record("forward", () => Device.MatrixProduct.Forward(x, Weight(parameters), Bias(parameters), y));
        _backwardData = Record("backward data", () => Device.MatrixProduct.BackwardData(cotangent, Weight(parameters), xCotangent));
        _backwardWeight = Record("backward weight",
            () => Device.MatrixProduct.BackwardWeight(x, cotangent, Weight(gradient), Bias(gradient)));

        Slice Weight(Tensor vector) => new(vector, 0, inputs * outputs);

        Slice Bias(Tensor vector) => new(vector, inputs * outputs, outputs);
    }
}
