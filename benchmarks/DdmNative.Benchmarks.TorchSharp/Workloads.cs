using System.Diagnostics;
using System.Text.Json.Nodes;
using DdmNative.SideBySide;
using TorchSharp;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The variants of each requested workload; the kinds and their numbers are those of benchmarks/pytorch/workloads.py.</summary>
internal sealed class Workloads(Device device, FashionMnist fashion)
{
    private readonly BenchmarkData _data = new(device, fashion);

    public Device Device { get; } = device;

    /// <summary>The variants, best known first.</summary>
    /// <exception cref="ArgumentException">There is no workload of that kind.</exception>
    public IReadOnlyList<Variant> Of(JsonObject asked)
    {
        string kind = asked["kind"]!.GetValue<string>();
        int Number(string name) => asked[name]!.GetValue<int>();
        T Optional<T>(string name, T usual) => asked[name] is JsonNode given ? given.GetValue<T>() : usual;
        NetworkShape Shape()
            => new(Optional("network", ConvNet.Kind), Number("width"), Number("depth"), Optional("channels", 1), Optional("size", 28));
        return kind switch
        {
            "conv-fwd" or "conv-bwd-data" or "conv-bwd-filter" =>
                KernelWork.Convolution(Device, kind, Number("batch"), Number("inputs"), Number("outputs"), Number("size"),
                    Optional("kernel", 3), Optional("stride", 1), Optional("bias", true)),
            "gemm" => KernelWork.Gemm(Device, Number("size")),
            "gemm-bwd-data" => KernelWork.Product(Device, Number("size")),
            "gemm-bwd-weight" => KernelWork.GemmBackwardWeight(Device, Number("size")),
            "instance-norm" => KernelWork.InstanceNorm(Device, Number("batch"), Number("channels"), Number("size")),
            "relu-avgpool" => KernelWork.ReluAvgPool(Device, Number("batch"), Number("channels"), Number("size")),
            "train-step" => NetworkWork.TrainStep(_data, Number("batch"), Shape()),
            "forward" => NetworkWork.Forward(_data, Number("batch"), Shape()),
            "matching-step" => MatchingWork.Step(_data, Number("groups"), Number("images"), Shape()),
            "online" => EnsembleWork.Online(_data, Number("groups"), Number("models"), Number("steps"), Number("evaluated"), Shape()),
            "retrain" => EnsembleWork.Retrain(_data, Number("models"), Number("samples"), Number("batch"), Number("epochs"), Shape()),
            "adjoint" => AdjointWork.Walk(_data, Number("objectives"), Number("steps"), Number("batch"), Shape()),
            "offline-total" => OfflineWork.Total(_data, Number("samples"), Number("batch"), Number("epochs"), Number("matching_steps"),
                Shape()),
            _ => throw new ArgumentException($"no workload of kind '{kind}'"),
        };
    }

    /// <summary>Seconds of the work; a GPU's queue is empty before and after. Its results are freed outside the measured time.</summary>
    public double Seconds(Work work, bool isShort)
    {
        using DisposeScope scope = NewDisposeScope();
        Finish();
        long start = Stopwatch.GetTimestamp();
        work(isShort);
        Finish();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Finish()
    {
        if (Device.type == DeviceType.CUDA)
            cuda.synchronize(Device);
    }
}
