using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Philox.cu: a thread per block of four words.</summary>
internal sealed class CudaPhilox(CudaDevice device) : Philox
{
    private const int Threads = 256;
    private const int NumbersOfBlock = 4 * Threads;

    protected override void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream)
    {
        int members = values.Vector.Shape.Members, blocks = (values.Length + NumbersOfBlock - 1) / NumbersOfBlock;
        device.Launch(new("philox_fill_uniform", new Dim3(checked(members * blocks)), new Dim3(Threads)),
            new KernelArguments().Operand(values)
            .Float(low).Float(high - low).Int((int)(uint)seed).Int((int)(uint)(seed >> 32)).Int((int)stream).Int(values.Length)
                .Int(blocks));
    }
}
