using System.Buffers.Binary;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>A module loaded on a device: its variables have addresses, and its kernels can be launched.</summary>
public sealed unsafe class LoadedModule : IDisposable
{
    private readonly Dictionary<string, LoadedKernel> _kernels = [];
    private readonly Dictionary<string, Allocation> _variables = [];
    private readonly Dictionary<string, ulong> _functionAddresses = [];
    private readonly List<PtxFunction> _functions = [];
    private readonly DeviceMemory _memory;

    internal LoadedModule(PtxModule module, EmulatedDevice device)
    {
        Module = module;
        _memory = device.Memory;
        Checks = device.Options.Checks;
        try
        {
            foreach (PtxFunction function in module.Functions.Where(function => !function.IsDeclaration))
            {
                _functions.Add(function);
                _functionAddresses[function.Name] = FunctionWindow + (ulong)_functions.Count * 16;
            }

            foreach (PtxVariable variable in module.Variables.Where(variable => variable.Space is PtxSpace.Global or PtxSpace.Const))
                Place(variable);
            foreach (PtxVariable variable in module.Variables)
                Relocate(variable);
            foreach (PtxFunction function in _functions.Where(function => function.IsEntry))
                _kernels[function.Name] = new LoadedKernel(function, this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Addresses of functions, which are valid only for calls.</summary>
    internal const ulong FunctionWindow = 0x5_0000_0000;

    public PtxModule Module { get; }

    /// <summary>Bytes of all its variables in constant memory, which every kernel of the module reports.</summary>
    public int ConstantBytes =>
        (int)Module.Variables.Where(variable => variable.Space == PtxSpace.Const).Sum(variable => (long)variable.Size);

    internal FaultChecks Checks { get; }

    public IEnumerable<LoadedKernel> Kernels => _kernels.Values;

    /// <summary>The kernel with that name, or null.</summary>
    public LoadedKernel? FindKernel(string name) => _kernels.GetValueOrDefault(name);

    /// <summary>The global or constant variable with that name, or null.</summary>
    public (ulong Address, ulong Bytes)? FindVariable(string name)
        => _variables.TryGetValue(name, out Allocation? found) ? (found.Address, found.Bytes) : null;

    public void Dispose()
    {
        foreach (Allocation allocation in _variables.Values.Where(allocation => !allocation.IsFreed))
            _memory.Free(allocation.Address);
    }

    internal ulong AddressOf(PtxVariable variable) =>
        _variables.TryGetValue(variable.Name, out Allocation? found) ? found.Address
        : throw new EmulatorException(
            CudaError.InvalidPtx, $"ptx line {variable.Line}: the variable '{variable.Name}' is declared extern, but not defined");

    internal ulong AddressOf(string function) =>
        _functionAddresses.TryGetValue(function, out ulong address) ? address
        : throw new EmulatorException(CudaError.InvalidPtx, $"the function '{function}' is declared, but not defined");

    internal PtxFunction? FunctionAt(ulong address)
    {
        ulong number = (address - FunctionWindow) / 16;
        return address > FunctionWindow && address % 16 == 0 && number <= (ulong)_functions.Count ? _functions[(int)number - 1] : null;
    }

    internal PtxFunction? Defined(string name) => _functions.Find(function => function.Name == name);

    internal IEnumerable<PtxFunction> Callable => _functions.Where(function => !function.IsEntry);

    private void Place(PtxVariable variable)
    {
        if (variable.IsExternal && variable.Initialiser is null)
            return;
        Allocation allocation = _memory.Allocate(Math.Max(variable.Size, 1), variable.Name, variable.Space == PtxSpace.Const);
        _variables[variable.Name] = allocation;
        new Span<byte>(allocation.Host, checked((int)Math.Min(allocation.Bytes, int.MaxValue))).Clear();
        variable.Initialiser?.AsSpan().CopyTo(new Span<byte>(allocation.Host, (int)allocation.Bytes));
        // Bytes without an initialiser are zero when the module is loaded.
        allocation.Initialised.Mark(0, allocation.Bytes);
    }

    private void Relocate(PtxVariable variable)
    {
        Span<byte> bytes = stackalloc byte[8];
        foreach (PtxRelocation place in variable.Relocations)
        {
            ulong target = (_functionAddresses.TryGetValue(place.Symbol, out ulong function)
                ? function : _variables.TryGetValue(place.Symbol, out Allocation? other) ? other.Address
                : throw new EmulatorException(
                    CudaError.InvalidPtx,
                    $"ptx line {variable.Line}: '{place.Symbol}', whose address '{variable.Name}' contains, is not defined"))
                    + (ulong)place.Addend;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, target);
            bytes[..place.ByteSize].CopyTo(new Span<byte>(_variables[variable.Name].Host, (int)variable.Size)[place.ByteOffset..]);
        }
    }
}
