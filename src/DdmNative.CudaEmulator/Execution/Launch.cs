namespace DdmNative.CudaEmulator.Execution;

/// <summary>One launch of a kernel.</summary>
internal sealed class Launch(EmulatedDevice device, LoadedKernel kernel, Dim3 grid, Dim3 block, int dynamicSharedBytes, byte[] parameters)
{
    /// <summary>Runs all blocks; lane instructions executed.</summary>
    public long Run() =>
        throw new EmulatorException(CudaError.NotSupported, $"kernel {kernel.Name}: execution of {grid} blocks of {block} threads with {dynamicSharedBytes} bytes of shared memory and {parameters.Length} of parameters is not there yet on a device of {device.TotalMemory} bytes");
}
