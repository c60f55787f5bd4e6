using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Fill.cu: a thread per parameter.</summary>
internal sealed class CudaFill(CudaDevice device) : Fill
{
    private const int Threads = 256;

    protected override void AssignCore(Slice target, float value)
    {
        int members = target.Vector.Shape.Members, blocks = (target.Length + Threads - 1) / Threads;
        device.Launch(new("fill_assign", new Dim3(checked(members * blocks)), new Dim3(Threads)),
            new KernelArguments().Operand(target).Float(value).Long(target.Length).Int(blocks));
    }
}
