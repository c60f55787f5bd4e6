using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Kernels: their attributes, and launching them (CUDA Driver API, "Execution Control", "Occupancy").</summary>
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
            _ => throw new EmulatorException(CudaError.InvalidValue, $"{attribute} is not an attribute of a kernel"),
        };
    });

    [UnmanagedCallersOnly(EntryPoint = "cuFuncSetAttribute")]
    public static CudaError cuFuncSetAttribute(nint function, int attribute, int value) => Abi.InContext(_ =>
    {
        DriverFunction changed = HandleTable.Get<DriverFunction>(function);
        switch (attribute)
        {
            case 8:
                int most = DeviceAttributes.MaxSharedBytesPerBlock(changed.Context.Device) - changed.Kernel.StaticSharedBytes;
                Abi.Require(value >= 0 && value <= most,
                    $"kernel {changed.Kernel.Name}: {value} bytes of dynamic shared memory, expected 0 to {most}");
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

    /// <summary>A preference, which has no effect since no cache is emulated.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuFuncSetCacheConfig")]
    public static CudaError cuFuncSetCacheConfig(nint function, int configuration) => Abi.InContext(_ =>
    {
        HandleTable.Get<DriverFunction>(function);
        Abi.Require(configuration is >= 0 and <= 3, $"{configuration} is not a cache configuration");
    });

    /// <summary>A preference, which GPUs with a fixed bank width ignore.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuFuncSetSharedMemConfig")]
    public static CudaError cuFuncSetSharedMemConfig(nint function, int configuration) => Abi.InContext(_ =>
    {
        HandleTable.Get<DriverFunction>(function);
        Abi.Require(configuration is >= 0 and <= 2, $"{configuration} is not a configuration of shared memory");
    });

    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetName")]
    public static CudaError cuFuncGetName(nint* name, nint function)
        => Abi.InContext(_ => *Abi.Required(name, nameof(name)) = HandleTable.Get<DriverFunction>(function).NativeName);

    /// <summary>The offset of a parameter in the buffer of parameters, and its size.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetParamInfo")]
    public static CudaError cuFuncGetParamInfo(nint function, nuint index, nuint* offset, nuint* bytes) => Abi.InContext(_ =>
    {
        IReadOnlyList<PtxVariable> parameters = HandleTable.Get<DriverFunction>(function).Kernel.Function.Parameters;
        Abi.Require(index < (nuint)parameters.Count, $"parameter {index} of {parameters.Count}, numbered from 0");
        *Abi.Required(offset, nameof(offset)) = (nuint)parameters[(int)index].ParameterOffset;
        if (bytes != null)
            *bytes = (nuint)parameters[(int)index].Size;
    });

    /// <summary>CU_FUNCTION_LOADING_STATE_LOADED: a module's kernels are loaded with it.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuFuncIsLoaded")]
    public static CudaError cuFuncIsLoaded(int* state, nint function) => Abi.InContext(_ =>
    {
        HandleTable.Get<DriverFunction>(function);
        *Abi.Required(state, nameof(state)) = 1;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuFuncLoad")]
    public static CudaError cuFuncLoad(nint function) => Abi.InContext(_ => HandleTable.Get<DriverFunction>(function));

    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetModule")]
    public static CudaError cuFuncGetModule(nint* module, nint function) => Abi.InContext(_ =>
    {
        Abi.Required(module, nameof(module));
        *module = HandleTable.HandleOf(HandleTable.Get<DriverFunction>(function).Module);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernel")]
    public static CudaError cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint dynamicSharedBytes, nint stream,
        void** parameters, void** extra)
        => Abi.InContext(context => context.Stream(stream).Enqueue(
            KernelLaunches.Node(context, function, new Dim3(gridX, gridY, gridZ), new Dim3(blockX, blockY, blockZ), dynamicSharedBytes,
            parameters, extra)));

    /// <summary>The blocks may wait for one another, so all must fit on the device.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuLaunchCooperativeKernel")]
    public static CudaError cuLaunchCooperativeKernel(
        nint function,
        uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint dynamicSharedBytes, nint stream, void** parameters)
        => Abi.InContext(context =>
        {
            (Dim3 grid, Dim3 block) = (new Dim3(gridX, gridY, gridZ), new Dim3(blockX, blockY, blockZ));
            KernelNode node = KernelLaunches.Node(context, function, grid, block, dynamicSharedBytes, parameters, null);
            KernelLaunches.RequireResident(node);
            context.Stream(stream).Enqueue(node);
        });

    /// <summary>CUlaunchConfig: three extents of the grid, three of the block, shared bytes, stream, attributes and their number.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernelEx")]
    public static CudaError cuLaunchKernelEx(uint* configuration, nint function, void** parameters, void** extra)
    => Abi.InContext(context =>
    {
        uint* c = Abi.Required(configuration, nameof(configuration));
        LaunchAttributes.Read(*(byte**)((byte*)c + 40), *(uint*)((byte*)c + 48));
        context.Stream(*(nint*)((byte*)c + 32))
            .Enqueue(KernelLaunches.Node(context, function, new Dim3(c[0], c[1], c[2]), new Dim3(c[3], c[4], c[5]), c[6], parameters,
                extra));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxActiveBlocksPerMultiprocessor")]
    public static CudaError cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int threads, nuint dynamicSharedBytes)
        => Abi.InContext(_ => *Abi.Required(blocks,
            nameof(blocks)) = KernelLaunches.BlocksPerMultiprocessor(HandleTable.Get<DriverFunction>(function), threads,
            dynamicSharedBytes));

    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags")]
    public static CudaError cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, nint function, int threads,
    nuint dynamicSharedBytes, uint flags) => Abi.InContext(_ =>
    {
        Abi.Require(flags <= 1, $"flags {flags}");
        *Abi.Required(blocks, nameof(blocks)) = KernelLaunches.BlocksPerMultiprocessor(HandleTable.Get<DriverFunction>(function), threads,
            dynamicSharedBytes);
    });

    /// <summary>
    /// The dynamic shared memory that each block of <paramref name="threads"/> threads may have if <paramref name="blocks"/> of them are to
    /// fit on a multiprocessor.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyAvailableDynamicSMemPerBlock")]
    public static CudaError cuOccupancyAvailableDynamicSMemPerBlock(nuint* bytes, nint function, int blocks, int threads)
        => Abi.InContext(_ =>
    {
        Abi.Required(bytes, nameof(bytes));
        DriverFunction asked = HandleTable.Get<DriverFunction>(function);
        Abi.Require(
            blocks > 0 && KernelLaunches.BlocksPerMultiprocessor(asked, threads, 0) >= blocks,
            $"{blocks} blocks of {threads} threads do not fit on a multiprocessor");
        int each = DeviceAttributes.SharedBytesPerMultiprocessor(asked.Context.Device) / blocks - DeviceAttributes.ReservedSharedBytes;
        *bytes = (nuint)(Math.Min(each, DeviceAttributes.MaxSharedBytesPerBlock(asked.Context.Device)) - asked.Kernel.StaticSharedBytes);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxPotentialBlockSizeWithFlags")]
    public static CudaError cuOccupancyMaxPotentialBlockSizeWithFlags(
        int* grid, int* block, nint function, delegate* unmanaged<int, nuint> sharedBytesOf, nuint dynamicSharedBytes, int limit,
        uint flags)
        => Abi.InContext(_ =>
    {
        Abi.Require(flags <= 1, $"flags {flags}");
        MaxPotentialBlockSize(grid, block, function, sharedBytesOf, dynamicSharedBytes, limit);
    });

    /// <summary>
    /// The block size that fills a multiprocessor best, the largest of several, and the number of blocks that fills the device.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuOccupancyMaxPotentialBlockSize")]
    public static CudaError cuOccupancyMaxPotentialBlockSize(
        int* grid, int* block, nint function, delegate* unmanaged<int, nuint> sharedBytesOf, nuint dynamicSharedBytes, int limit)
        => Abi.InContext(_ => MaxPotentialBlockSize(grid, block, function, sharedBytesOf, dynamicSharedBytes, limit));

    private static void MaxPotentialBlockSize(
        int* grid, int* block, nint function, delegate* unmanaged<int, nuint> sharedBytesOf, nuint dynamicSharedBytes, int limit)
    {
        Abi.Require(grid != null && block != null, "an output is null");
        DriverFunction asked = HandleTable.Get<DriverFunction>(function);
        int most = limit <= 0 ? asked.Kernel.MaxThreadsPerBlock : Math.Min(limit, asked.Kernel.MaxThreadsPerBlock), best = 0;
        for (int threads = most / DeviceAttributes.WarpSize * DeviceAttributes.WarpSize; threads > 0; threads -= DeviceAttributes.WarpSize)
        {
            int active = KernelLaunches.BlocksPerMultiprocessor(asked, threads, sharedBytesOf != null
                ? sharedBytesOf(threads) : dynamicSharedBytes);
            if (active * threads > best)
                (best, *block, *grid) = (active * threads, threads, active * DeviceAttributes.Multiprocessors);
        }

        Abi.Require(best > 0, $"kernel {asked.Kernel.Name}: no block fits");
    }
}
