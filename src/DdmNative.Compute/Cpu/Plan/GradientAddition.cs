namespace DdmNative.Compute.Cpu;

/// <summary>A phase's work besides its calls: copying, adding and writing the gradients of its slots.</summary>
internal sealed class GradientAddition(CpuPhase phase) : IKernelCall
{
    public string Name => "gradient-sums";

    public string Shape { get; } = $"{phase.Gradients.Sum(gradient => (long)gradient.Length)} in {phase.Slots} slots";

    public int Members => phase.Members;

    public int Samples => phase.Samples;

    public double FlopsPerSample => 0;

    public double BytesPerSample => 0;
}
