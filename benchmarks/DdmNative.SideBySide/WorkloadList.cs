using DdmNative.SideBySide.Workloads;

namespace DdmNative.SideBySide;

/// <summary>All rows, in the order of the table: the stages that users wait for, then single kernels.</summary>
internal static class WorkloadList
{
    /// <summary>The batches of the kernels and training steps, and of an evaluation: a quarter of them when it must be quick.</summary>
    private const int Batch = 256, EvaluationBatch = 500, QuickShare = 4;

    /// <summary>By how much the residual network's training batch is smaller: a sample takes six times the ConvNet's flops.</summary>
    private const int ResidualShare = 4;

    public static IReadOnlyList<Workload> All(bool quick, FashionMnist data)
        => quick ? [.. Rows(Batch / QuickShare, EvaluationBatch / QuickShare, quick, data).Select(Shortened)]
            : Rows(Batch, EvaluationBatch, quick, data);

    /// <summary>All rows of a quick run are shortened, except those that are already short.</summary>
    private static Workload Shortened(Workload row)
        => row with { IsShortened = !row.Name.StartsWith("gemm", StringComparison.Ordinal)
            && !row.Name.StartsWith("matching-step", StringComparison.Ordinal) };

    private static IReadOnlyList<Workload> Rows(int batch, int evaluated, bool quick, FashionMnist data) =>
    [
        NetworkRows.TrainStep("28x28x1", Setting.ConvNet(width: 128, channels: 1, size: 28), batch, data),
        NetworkRows.TrainStep("32x32x3", Setting.ConvNet(width: 128, channels: 3, size: 32), batch, data),
        NetworkRows.TrainStep("resnet9", Setting.ResNet9(width: 64), batch / ResidualShare, data),
        NetworkRows.Forward("28x28x1", Setting.ConvNet(width: 128, channels: 1, size: 28), evaluated, data),
        NetworkRows.Forward("32x32x3", Setting.ConvNet(width: 128, channels: 3, size: 32), evaluated, data),
        NetworkRows.Forward("resnet9", Setting.ResNet9(width: 64), evaluated, data),
        MatchingRows.Step("32", Setting.Network(width: 32), data),
        MatchingRows.Step("128", Setting.Network(width: 128), data),
        MatchingRows.Step("resnet9", Setting.ResNet9(width: 32), data),
        OnlineRows.Online("32", Setting.Network(width: 32), quick ? new(Models: 4, Steps: 10, Evaluated: 200) : OnlineRows.Whole, data),
        OnlineRows.Online("128", Setting.Network(width: 128), quick ? new(Models: 2, Steps: 2, Evaluated: 200) : OnlineRows.Whole, data),
        OnlineRows.Online("resnet9", Setting.ResNet9(width: 32),
            quick ? new(Models: 2, Steps: 2, Evaluated: 50) : new(Models: 8, Steps: 10, Evaluated: 200), data),
        AdjointRows.Walk(quick ? 16 : 64, quick ? 1 : 4, data),
        RetrainRows.Retrain(quick ? 2 : 8, quick ? 1000 : 4000, data),
        OfflineRows.Total(quick ? 1000 : 4000, quick ? 1 : 8, quick ? 10 : 100, data),
        .. ConvolutionRows.All(batch),
        .. ConvolutionRows.AllStrided(batch, quick),
        .. KernelRows.Gemm(),
        KernelRows.InstanceNorm(batch),
        KernelRows.ReluAvgPool(batch),
    ];
}
