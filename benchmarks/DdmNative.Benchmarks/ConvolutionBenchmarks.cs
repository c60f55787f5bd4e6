using BenchmarkDotNet.Attributes;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Benchmarks;

/// <summary>3×3 convolutions at the shapes of a ConvNet's layers.</summary>
public class ConvolutionBenchmarks : KernelBenchmark
{
    private const int Samples = 64;
    private IPlan _forward = null!, _backwardData = null!, _backwardFilter = null!;

    /// <summary>Input channels × size → output channels.</summary>
    [Params("1x28-128", "128x14-128", "128x7-128", "3x32-128", "128x16-128", "128x8-128", "1x28-32", "32x14-32", "32x7-32")]
    public string Layer { get; set; } = "";

    [Benchmark]
    public void Forward() => _forward.Run();

    [Benchmark]
    public void BackwardData() => _backwardData.Run();

    [Benchmark]
    public void BackwardFilter() => _backwardFilter.Run();

    protected override void Prepare()
    {
        int[] numbers = [.. Layer.Split('x', '-').Select(int.Parse)];
        var shape = new ConvolutionShape(numbers[0], numbers[2], numbers[1], numbers[1], 3, 1);
        Tensor x = Random(new TensorShape(1, Samples, shape.InputChannels, shape.Height, shape.Width)), xCotangent = Zeros(x.Shape);
        Tensor y = Zeros(new TensorShape(1, Samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth)),
            cotangent = Random(y.Shape);
        Tensor parameters = Random(TensorShape.Vector(1, shape.FilterLength + shape.OutputChannels)), gradient = Zeros(parameters.Shape);
        _forward = Record("forward", () => Device.Convolution.Forward(shape, x, Filter(parameters), Bias(parameters), y));
        _backwardData = Record("backward data", () => Device.Convolution.BackwardData(shape, cotangent, Filter(parameters), xCotangent));
        _backwardFilter = Record("backward filter",
            () => Device.Convolution.BackwardFilter(shape, x, cotangent, Filter(gradient), Bias(gradient)));

        Slice Filter(Tensor vector) => new(vector, 0, shape.FilterLength);

        Slice Bias(Tensor vector) => new(vector, shape.FilterLength, shape.OutputChannels);
    }
}
