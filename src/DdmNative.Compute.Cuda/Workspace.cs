namespace DdmNative.Compute.Cuda;

/// <summary>
/// Scratch memory of one kernel call: partial sums, repacked filters. Undefined at first. Disposing gives it back in stream order: kernels launched
/// before may still be using it, kernels launched after may be given the same memory. Inside a recording its address is the plan's for good.
/// </summary>
internal sealed class Workspace(CudaTensor memory) : IDisposable
{
    public ulong Address => memory.Address;

    public void Dispose() => memory.Dispose();
}
