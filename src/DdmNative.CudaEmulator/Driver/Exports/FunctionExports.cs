using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Kernels: what is known of them, and launching them (CUDA Driver API, "Execution Control", "Occupancy").</summary>
internal static unsafe class FunctionExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetAttribute")]
    public static CudaError cuFuncGetAttribute(int* value, int attribute, nint function) => Abi.InContext(_ =>
    {
        Abi.Required(value, nameof(value));
        DriverFunction asked = HandleTable.Get<DriverFunction>(function);
        *value = attribute switch
        {
            0 => asked.Kernel.MaxThreadsPerBlock,
            1 => asked.Kernel.StaticSharedBytes,
            2 => asked.Module.Loaded.ConstantBytes,
            3 => asked.Kernel.LocalBytes,
            4 => asked.Kernel.Registers,
            5 => asked.Module.Target,
            6 => 10 * asked.Context.Device.Capability.Major + asked.Context.Device.Capability.Minor,
            7 => 0,
            8 => asked.MaxDynamicSharedBytes,
            9 => asked.PreferredCarveout,
            >= 10 and <= 15 => 0,
            _ => throw new EmulatorException(CudaError.InvalidValue, $"{attribute} is no attribute of a kernel"),
        };
    });

    [UnmanagedCallersOnly(EntryPoint = "cuFuncSetAttribute")]
    public static CudaError cuFuncSetAttribute(nint function, int attribute, int value) => Abi.InContext(_ =>
    {
        DriverFunction changed = HandleTable.Get<DriverFunction>(function);
        switch (attribute)
        {
            case 8:
                int most = DeviceAttributes.MostSharedBytesPerBlock(changed.Context.Device) - changed.Kernel.StaticSharedBytes;
                Abi.Require(value >= 0 && value <= most, $"kernel {changed.Kernel.Name}: {value} bytes of dynamic shared memory, expected 0 to {most}");
                changed.MaxDynamicSharedBytes = value;
                break;
            case 9:
                Abi.Require(value is >= -1 and <= 100, $"a carveout of {value} %, expected -1 to 100");
                changed.PreferredCarveout = value;
                break;
            default:
                throw new EmulatorException(CudaError.InvalidValue, $"attribute {attribute} of a kernel cannot be set");
        }
    });

    /// <summary>A preference, which no emulated cache heeds.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuFuncSetCacheConfig")]
    public static CudaError cuFuncSetCacheConfig(nint function, int configuration) => Abi.InContext(_ =>
    {
        HandleTable.Get<DriverFunction>(function);
        Abi.Require(configuration is >= 0 and <= 3, $"{configuration} is no cache configuration");
    });

    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetModule")]
    public static CudaError cuFuncGetModule(nint* module, nint function) => Abi.InContext(_ =>
    {
        Abi.Required(module, nameof(module));
        *module = HandleTable.HandleOf(HandleTable.Get<DriverFunction>(function).Module);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernel")]
    public static CudaError cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint dynamicSharedBytes, nint stream, void** parameters, void** extra)
        => Abi.InContext(context => context.Stream(stream).Enqueue(
            KernelLaunches.Node(context, function, new Dim3(gridX, gridY, gridZ), new Dim3(blockX, blockY, blockZ), dynamicSharedBytes, parameters, extra)));

    /// <summary>CUlaunchConfig: three extents of the grid, three of the block, shared bytes, stream, attributes and their number.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernelEx")]
    public static CudaError cuLaunchKernelEx(uint* configuration, nint function, void** parameters, void** extra) => Abi.InContext(context =>
    {
        uint* c = Abi.Required(configuration, nameof(configuration));
        Abi.Require(*(uint*)((byte*)c + 48) == 0, "launch attributes, such as clusters, are not supported", CudaError.NotSupported);
        context.Stream(*(nint*)((byte*)c + 32)).Enqueue(KernelLaunches.Node(context, function, new Dim3(c[0], c[1], c[2]), new Dim3(c[3], c[4], c[5]), c[6], parameters, extra));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxActiveBlocksPerMultiprocessor")]
    public static CudaError cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int threads, nuint dynamicSharedBytes)
        => Abi.InContext(_ => *Abi.Required(blocks, nameof(blocks)) = KernelLaunches.BlocksPerMultiprocessor(HandleTable.Get<DriverFunction>(function), threads, dynamicSharedBytes));

    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags")]
    public static CudaError cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, nint function, int threads, nuint dynamicSharedBytes, uint flags) => Abi.InContext(_ =>
    {
        Abi.Require(flags <= 1, $"flags {flags}");
        *Abi.Required(blocks, nameof(blocks)) = KernelLaunches.BlocksPerMultiprocessor(HandleTable.Get<DriverFunction>(function), threads, dynamicSharedBytes);
    });

    /// <summary>The largest block that fills a multiprocessor best, and the blocks that fill the device.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxPotentialBlockSize")]
    public static CudaError cuOccupancyMaxPotentialBlockSize(
        int* grid, int* block, nint function, delegate* unmanaged<int, nuint> sharedBytesOf, nuint dynamicSharedBytes, int limit) => Abi.InContext(_ =>
    {
        Abi.Require(grid != null && block != null, "an output is null");
        DriverFunction asked = HandleTable.Get<DriverFunction>(function);
        int most = limit <= 0 ? asked.Kernel.MaxThreadsPerBlock : Math.Min(limit, asked.Kernel.MaxThreadsPerBlock), best = 0;
        for (int threads = most / DeviceAttributes.WarpSize * DeviceAttributes.WarpSize; threads > 0; threads -= DeviceAttributes.WarpSize)
        {
            int active = KernelLaunches.BlocksPerMultiprocessor(asked, threads, sharedBytesOf != null ? sharedBytesOf(threads) : dynamicSharedBytes);
            if (active * threads > best)
                (best, *block, *grid) = (active * threads, threads, active * DeviceAttributes.Multiprocessors);
        }

        Abi.Require(best > 0, $"kernel {asked.Kernel.Name}: no block fits");
    });
}
