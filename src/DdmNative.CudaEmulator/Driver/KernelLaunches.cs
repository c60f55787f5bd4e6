using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>Converts the arguments of cuLaunchKernel to a work item, with all checks.</summary>
internal static unsafe class KernelLaunches
{
    /// <summary>CU_LAUNCH_PARAM_…</summary>
    private const nint End = 0, BufferPointer = 1, BufferSize = 2;

    public static KernelNode Node(DriverContext context, nint function, Dim3 grid, Dim3 block, uint dynamicSharedBytes, void** parameters,
        void** extra)
    {
        DriverFunction launched = HandleTable.Get<DriverFunction>(function);
        Abi.Require(launched.Context == context, $"kernel {launched.Kernel.Name} belongs to another context", CudaError.InvalidHandle);
        Abi.Require(dynamicSharedBytes <= (uint)launched.MaxDynamicSharedBytes,
            $"kernel {launched.Kernel.Name}: {dynamicSharedBytes} bytes of dynamic shared memory, expected at most "
            + $"{launched.MaxDynamicSharedBytes} (cuFuncSetAttribute allows more)");
        byte[] bytes = extra != null ? FromBuffer(launched.Kernel, parameters, extra) : FromPointers(launched.Kernel, parameters);
        launched.Kernel.CheckLaunch(grid, block, (int)dynamicSharedBytes, bytes.Length);
        return new KernelNode(launched, grid, block, (int)dynamicSharedBytes, bytes);
    }

    /// <summary>
    /// Blocks that fit on a multiprocessor by threads and shared memory; registers do not count, since the emulator allocates none.
    /// </summary>
    public static int BlocksPerMultiprocessor(DriverFunction function, int threads, nuint dynamicSharedBytes)
    {
        Abi.Require(threads > 0, $"blocks of {threads} threads");
        int most = DeviceAttributes.MaxSharedBytesPerBlock(function.Context.Device);
        if (threads > function.Kernel.MaxThreadsPerBlock || dynamicSharedBytes > (nuint)most
            || function.Kernel.StaticSharedBytes + (int)dynamicSharedBytes > most)
            return 0;
        int shared = function.Kernel.StaticSharedBytes + (int)dynamicSharedBytes;
        return Occupancy.Blocks(threads, shared, DeviceAttributes.SharedBytesPerMultiprocessor(function.Context.Device));
    }

    /// <summary>For blocks that may wait for one another: all of them must be on the device at the same time.</summary>
    public static void RequireResident(KernelNode node)
    {
        int blocks = BlocksPerMultiprocessor(node.Function, (int)node.Block.Count, (nuint)node.DynamicSharedBytes);
        ulong most = (ulong)blocks * DeviceAttributes.Multiprocessors;
        Abi.Require(
            node.Grid.Count <= most,
            $"kernel {node.Function.Kernel.Name}: a cooperative grid of {node.Grid.Count} blocks of {node.Block} threads, "
                + $"expected at most {most}",
            CudaError.CooperativeLaunchTooLarge);
    }

    private static byte[] FromPointers(LoadedKernel kernel, void** parameters)
    {
        IReadOnlyList<PtxVariable> declared = kernel.Function.Parameters;
        Abi.Require(declared.Count == 0 || parameters != null, $"kernel {kernel.Name} has {declared.Count} parameters, but none are given");
        byte[] bytes = new byte[kernel.ParameterBytes];
        for (int i = 0; i < declared.Count; i++)
        {
            Abi.Require(parameters[i] != null, $"kernel {kernel.Name}: the pointer to parameter {i} is null");
            new ReadOnlySpan<byte>(parameters[i], (int)declared[i].Size).CopyTo(bytes.AsSpan(declared[i].ParameterOffset));
        }

        return bytes;
    }

    /// <summary>One buffer with the parameters as the kernel lays them out; trailing padding may be left out.</summary>
    private static byte[] FromBuffer(LoadedKernel kernel, void** parameters, void** extra)
    {
        Abi.Require(parameters == null, "parameters are given both as pointers and as a buffer");
        void* buffer = null;
        nuint size = 0;
        for (int i = 0; (nint)extra[i] != End; i += 2)
        {
            switch ((nint)extra[i])
            {
                case BufferPointer:
                    buffer = extra[i + 1];
                    break;
                case BufferSize:
                    size = *(nuint*)Abi.Required((nuint*)extra[i + 1], "the size of the buffer");
                    break;
                default:
                    throw new EmulatorException(CudaError.InvalidValue, $"{(nint)extra[i]} is not a kind of extra launch argument");
            }
        }

        Abi.Require(size == 0 || buffer != null, "the buffer of parameters is null");
        PtxVariable? last = kernel.Function.Parameters.Count == 0 ? null : kernel.Function.Parameters[^1];
        nuint least = last is null ? 0 : (nuint)last.ParameterOffset + (nuint)last.Size;
        Abi.Require(size >= least
            && size <= (nuint)((kernel.ParameterBytes + 15) / 16 * 16),
                $"kernel {kernel.Name}: a buffer of {size} bytes of parameters, expected {least}");
        byte[] bytes = new byte[kernel.ParameterBytes];
        new ReadOnlySpan<byte>(buffer, (int)Math.Min(size, (nuint)bytes.Length)).CopyTo(bytes);
        return bytes;
    }
}
