using DdmNative.SideBySide.Workloads;

namespace DdmNative.SideBySide;

/// <summary>All rows, in the order of the table.</summary>
internal static class WorkloadList
{
    public static IReadOnlyList<Workload> All(bool quick, FashionMnist data) =>
    [
        .. ConvolutionRows.All(),
        KernelRows.Gemm(),
        KernelRows.InstanceNorm(),
        KernelRows.ReluAvgPool(),
        NetworkRows.TrainStep(channels: 1, size: 28, data),
        NetworkRows.TrainStep(channels: 3, size: 32, data),
        NetworkRows.Forward(channels: 1, size: 28, data),
        NetworkRows.Forward(channels: 3, size: 32, data),
        MatchingRows.Step(width: 32, data),
        MatchingRows.Step(width: 128, data),
        OnlineRows.Online(width: 32, quick ? new OnlineSize(Models: 4, Steps: 10, Evaluated: 200) : OnlineRows.Whole, data),
        OnlineRows.Online(width: 128, quick ? new OnlineSize(Models: 2, Steps: 2, Evaluated: 200) : OnlineRows.Whole, data),
        RetrainRows.Retrain(quick ? 2 : 8, quick ? 1000 : 4000, data),
        OfflineRows.Total(quick ? 1000 : 4000, quick ? 1 : 8, quick ? 10 : 100, data),
    ];
}
