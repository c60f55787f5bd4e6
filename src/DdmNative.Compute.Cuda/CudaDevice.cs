using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>An NVIDIA GPU through its driver.</summary>
public sealed class CudaDevice : Device
{
    public CudaDevice(int ordinal = 0, Precision precision = Precision.Fp32) => (Ordinal, Precision) = (ordinal, precision);

    public int Ordinal { get; }

    /// <summary>How convolutions and matrix products multiply.</summary>
    public Precision Precision { get; }

    public override string Name => $"cuda:{Ordinal}";

    public override string Description => Name;

    public override Convolution Convolution => throw new NotSupportedException();

    public override MatrixProduct MatrixProduct => throw new NotSupportedException();

    public override InstanceNorm InstanceNorm => throw new NotSupportedException();

    public override ReluAvgPool ReluAvgPool => throw new NotSupportedException();

    public override SoftmaxCrossEntropy SoftmaxCrossEntropy => throw new NotSupportedException();

    public override GradientDistance GradientDistance => throw new NotSupportedException();

    public override Sgd Sgd => throw new NotSupportedException();

    public override Adam Adam => throw new NotSupportedException();

    public override Reduction Reduction => throw new NotSupportedException();

    public override Philox Philox => throw new NotSupportedException();

    public override LinearCombination LinearCombination => throw new NotSupportedException();

    public override Gather Gather => throw new NotSupportedException();

    public override Flatten Flatten => throw new NotSupportedException();

    public override Tensor Allocate(TensorShape shape) => throw new NotSupportedException();

    public override Tensor AllocateTransient(TensorShape shape) => throw new NotSupportedException();

    public override IPlan Record(string name, Action body) => throw new NotSupportedException();

    /// <summary>Scratch memory of <paramref name="floats"/> floats, to be disposed by the kernel call that asked for it.</summary>
    internal Workspace Workspace(long floats) => throw new NotSupportedException($"{floats}");

    /// <summary>Launches a kernel on the device's stream, or writes the launch down while a plan is being recorded.</summary>
    internal void Launch(in KernelLaunch launch, KernelArguments arguments) => throw new NotSupportedException($"{launch.Kernel} {arguments.Bytes.Length}");

    protected override void Dispose(bool disposing)
    {
    }
}
