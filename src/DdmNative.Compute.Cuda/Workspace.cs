using DdmNative.Compute.Cuda.Memory;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Scratch memory of one kernel call: partial sums, repacked filters. Initially undefined. Disposing frees it in stream order: kernels
/// launched before may still use it, kernels launched after may get the same memory. Inside a recording its address is a symbol (see <see
/// cref="CudaTensor.Address"/>).
/// </summary>
internal sealed class Workspace(ulong address, DeviceBlock? block, DeviceMemory memory) : IDisposable
{
    private DeviceBlock? _block = block;

    public ulong Address => address;

    public void Dispose()
    {
        if (_block is DeviceBlock taken)
            memory.Free(taken);
        _block = null;
    }
}
