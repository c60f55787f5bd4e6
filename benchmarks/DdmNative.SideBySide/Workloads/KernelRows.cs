using System.Text.Json.Nodes;
using DdmNative.Compute;

namespace DdmNative.SideBySide.Workloads;

/// <summary>The other kernels, one by one. Norm and pool at the largest shape of the ConvNet for 28×28×1.</summary>
internal static class KernelRows
{
    private const int Channels = 128;
    private const int Size = 28;
    private const int MatrixSize = 1024;

    /// <summary>The three products of a linear layer of 1024 × 1024 on 1024 samples, the gradient of the weight with the bias's.</summary>
    public static IEnumerable<Workload> Gemm() =>
    [
        Gemm("gemm", (device, x, y, weight, bias) => device.MatrixProduct.Forward(x, weight, bias, y)),
        Gemm("gemm-bwd-data", (device, x, y, weight, _) => device.MatrixProduct.BackwardData(y, weight, x)),
        Gemm("gemm-bwd-weight", (device, x, y, weight, bias) => device.MatrixProduct.BackwardWeight(x, y, weight, bias)),
    ];

    private static Workload Gemm(string kind, Action<Device, Tensor, Tensor, Slice, Slice> record) => new(
        $"{kind}-{MatrixSize}", 2.0 * MatrixSize * MatrixSize * MatrixSize, new JsonObject { ["kind"] = kind, ["size"] = MatrixSize },
        device =>
        {
            var square = new TensorShape(1, MatrixSize, MatrixSize);
            Tensor x = RandomValues.On(device, square, 1), y = RandomValues.On(device, square, 3);
            Tensor parameters = RandomValues.On(device, TensorShape.Vector(1, MatrixSize * (MatrixSize + 1)), 2);
            IPlan plan = device.Record(kind, () => record(device, x, y, new Slice(parameters, 0, MatrixSize * MatrixSize),
                new Slice(parameters, MatrixSize * MatrixSize, MatrixSize)));
            return new Prepared(plan.Run, plan, x, y, parameters);
        })
    { LeastRatio = 1, IsOperation = true };

    public static Workload InstanceNorm(int batch) => new(
        "instance-norm", 0, Images("instance-norm", batch),
        device =>
        {
            var shape = new TensorShape(1, batch, Channels, Size, Size);
            Tensor x = RandomValues.On(device, shape, 1), y = device.Allocate(shape), delta = RandomValues.On(device, shape, 2),
                result = device.Allocate(shape);
            Tensor parameters = RandomValues.On(device, TensorShape.Vector(1, 2 * Channels), 3),
                gradient = device.Allocate(parameters.Shape);
            Tensor statistics = device.Allocate(DdmNative.Compute.Contracts.InstanceNorm.StatisticsShape(shape));
            IPlan plan = device.Record("instance-norm", () =>
            {
                device.InstanceNorm.Forward(x, new Slice(parameters, 0, Channels), new Slice(parameters, Channels, Channels), y,
                    statistics);
                device.InstanceNorm.Backward(
                    x, statistics, delta, new Slice(parameters, 0, Channels), result, new Slice(gradient, 0, Channels),
                    new Slice(gradient, Channels, Channels));
            });
            return new Prepared(plan.Run, plan, x, y, delta, result, parameters, gradient, statistics);
        })
    { IsOperation = true };

    public static Workload ReluAvgPool(int batch) => new(
        "relu-avgpool", 0, Images("relu-avgpool", batch),
        device =>
        {
            const int window = 2;
            var shape = new TensorShape(1, batch, Channels, Size, Size);
            TensorShape pooled = DdmNative.Compute.Contracts.ReluAvgPool.Pooled(window, shape);
            Tensor x = RandomValues.On(device, shape, 1), y = device.Allocate(pooled), delta = RandomValues.On(device, pooled, 2),
                result = device.Allocate(shape);
            IPlan plan = device.Record("relu-avgpool", () =>
            {
                device.ReluAvgPool.Forward(window, x, y);
                device.ReluAvgPool.Backward(window, x, delta, result);
            });
            return new Prepared(plan.Run, plan, x, y, delta, result);
        })
    { IsOperation = true };

    private static JsonObject Images(string kind, int batch)
        => new() { ["kind"] = kind, ["batch"] = batch, ["channels"] = Channels, ["size"] = Size };
}
