using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>A kernel that can be launched on the device of its module.</summary>
public sealed class LoadedKernel
{
    /// <summary>The maximum shared memory of a block, as of sm_90 with opt-in.</summary>
    public const int MaxSharedBytes = 227 << 10;

    public const int MaxThreads = 1024;

    internal LoadedKernel(PtxFunction function, LoadedModule module)
    {
        Function = function;
        Module = module;
        List<PtxFunction> functions = Reachable(function, module);
        Shared = new SharedLayout(module.Module, functions);
        Sites = new KernelSites(functions, module.Module.SourceFiles);
        foreach (PtxFunction each in functions)
            Decoded[each] = Decoder.Decode(module, each, Sites, Shared);
        IEnumerable<PtxInstruction> code = functions.SelectMany(each => each.Instructions);
        UsesAtomics = code.Any(instruction => instruction.Opcode is PtxOpcode.Atom or PtxOpcode.Red
            && instruction.Modifiers.Space is PtxSpace.Global or PtxSpace.Generic);
        MayWaitForBlocks = code.Any(instruction => instruction.Modifiers.Space is PtxSpace.Global or PtxSpace.Generic
            && (instruction.Opcode == PtxOpcode.Atom || (instruction.Opcode == PtxOpcode.Ld && MemoryOperations.IsStrong(instruction))));
        NeedsDeepStack = functions.Count > 1 || code.Any(instruction => instruction.Opcode == PtxOpcode.Alloca);
        CallsSystem = code.Any(instruction => instruction.Call?.Target is PtxFunctionOperand named && module.Defined(named.Name) is null);
        SharedUnitBytes = code.Where(IsSharedAccess)
            .Select(instruction => Math.Min(4, instruction.Modifiers.Types.Select(type => type.ByteSize()).DefaultIfEmpty(4).Min()))
                .DefaultIfEmpty(4).Min();
    }

    public string Name => Function.Name;

    public PtxFunction Function { get; }

    public LoadedModule Module { get; }

    public int ParameterBytes => Function.ParameterBytes;

    public int StaticSharedBytes => Shared.StaticBytes;

    public int LocalBytes => Decoded[Function].LocalBytes;

    /// <summary>The number of 32-bit registers of a thread in the PTX; after register allocation there would be fewer.</summary>
    public int Registers => Math.Min(255, Function.Registers.Count(register => register.Type != PtxType.Pred));

    /// <summary>The limit by <c>.reqntid</c> or <c>.maxntid</c>, if the kernel has one.</summary>
    public int MaxThreadsPerBlock
    {
        get
        {
            (int X, int Y, int Z) most = Function.RequiredThreads.X != 0 ? Function.RequiredThreads : Function.MaxThreads;
            return most.X == 0 ? MaxThreads : Math.Min(MaxThreads, most.X * Math.Max(1, most.Y) * Math.Max(1, most.Z));
        }
    }

    internal SharedLayout Shared { get; }

    internal KernelSites Sites { get; }

    internal Dictionary<PtxFunction, DecodedFunction> Decoded { get; } = [];

    /// <summary>
    /// The kernel updates global memory atomically: its blocks run one after the other, so that the order of float sums is always the same.
    /// </summary>
    internal bool UsesAtomics { get; }

    /// <summary>
    /// The kernel reads global memory in a way that allows for concurrent writes: its blocks may wait for one another, and run on one host
    /// thread, so that the order is always the same.
    /// </summary>
    internal bool MayWaitForBlocks { get; }

    /// <summary>
    /// The kernel calls functions, possibly recursively, or allocates on its stack: its stack size is not known in advance.
    /// </summary>
    internal bool NeedsDeepStack { get; }

    /// <summary>The kernel prints or allocates, in an order that matters: its blocks run one after the other.</summary>
    internal bool CallsSystem { get; }

    internal int SharedUnitBytes { get; }

    internal void CheckLaunch(Dim3 grid, Dim3 block, int dynamicSharedBytes, int parameterBytes)
    {
        if (grid.Count == 0 || block.Count == 0 || grid.X > int.MaxValue || grid.Y > 65535 || grid.Z > 65535)
            throw new EmulatorException(CudaError.InvalidValue,
                $"kernel {Name}: a grid of {grid} blocks of {block} threads, expected at least one of each and at most (2147483647, 65535, "
                + $"65535) blocks");
        if (block.Count > (ulong)MaxThreadsPerBlock || block.X > 1024 || block.Y > 1024 || block.Z > 64)
            throw new EmulatorException(CudaError.InvalidValue,
                $"kernel {Name}: a block of {block} threads, expected at most {MaxThreadsPerBlock} in all and (1024, 1024, 64)");
        (int X, int Y, int Z) required = Function.RequiredThreads;
        if (required.X != 0 && block != new Dim3((uint)required.X, (uint)Math.Max(1, required.Y), (uint)Math.Max(1, required.Z)))
            throw new EmulatorException(CudaError.InvalidValue,
                $"kernel {Name}: a block of {block} threads, expected {required} as .reqntid says");
        if (dynamicSharedBytes < 0 || (long)StaticSharedBytes + dynamicSharedBytes > MaxSharedBytes)
            throw new EmulatorException(
                CudaError.LaunchOutOfResources,
                $"kernel {Name}: {StaticSharedBytes} + {dynamicSharedBytes} bytes of shared memory, expected at most {MaxSharedBytes}");
        if (parameterBytes != ParameterBytes)
            throw new EmulatorException(CudaError.InvalidValue,
                $"kernel {Name}: {parameterBytes} bytes of parameters, expected {ParameterBytes}");
    }

    private static bool IsSharedAccess(PtxInstruction instruction) =>
        instruction.Modifiers.Space is PtxSpace.Shared or PtxSpace.Generic
        && instruction.Opcode is PtxOpcode.Ld or PtxOpcode.St or PtxOpcode.Atom or PtxOpcode.Red;

    /// <summary>The kernel first, then the functions that it calls; all functions if it calls through a pointer.</summary>
    private static List<PtxFunction> Reachable(PtxFunction kernel, LoadedModule module)
    {
        List<PtxFunction> found = [kernel];
        for (int i = 0; i < found.Count; i++)
        {
            foreach (PtxInstruction instruction in found[i].Instructions)
            {
                if (instruction.Call is not { } call)
                    continue;
                IEnumerable<PtxFunction> targets = call.Target is PtxFunctionOperand named
                    ? module.Defined(named.Name) is { } one ? [one] : [] : module.Callable;
                found.AddRange(targets.Where(target => !found.Contains(target)).ToList());
            }
        }

        return found;
    }
}
