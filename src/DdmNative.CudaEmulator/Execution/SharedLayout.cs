using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// The layout of a kernel's variables in shared memory: first those of fixed size, then, at <see cref="StaticBytes"/>, the dynamic part.
/// </summary>
internal sealed class SharedLayout
{
    private readonly Dictionary<PtxVariable, ulong> _offsets = [];
    private readonly List<SharedVariable> _variables = [];
    private readonly string? _dynamicName;

    /// <param name="module">The module. All its shared variables belong to the kernel if one of the functions refers to them.</param>
    /// <param name="functions">The kernel and the functions that it may call.</param>
    public SharedLayout(PtxModule module, IReadOnlyList<PtxFunction> functions)
    {
        HashSet<PtxVariable> named = [
            .. functions.SelectMany(function => function.Instructions).SelectMany(instruction => instruction.Operands).SelectMany(Named)];
        List<PtxVariable> all = [.. module.Variables.Where(variable => variable.Space == PtxSpace.Shared && named.Contains(variable)),
            .. functions.SelectMany(function => function.Variables).Where(variable => variable.Space == PtxSpace.Shared)];
        ulong end = 0;
        foreach (PtxVariable variable in all.Where(variable => !IsDynamic(variable)).OrderByDescending(variable => variable.Alignment))
        {
            end = Align(end, variable.Alignment);
            _offsets[variable] = end;
            _variables.Add(new SharedVariable(variable.Name, end, variable.Size));
            end += variable.Size;
        }

        List<PtxVariable> dynamic = [.. all.Where(IsDynamic)];
        end = Align(end, Math.Max(16, dynamic.Select(variable => variable.Alignment).DefaultIfEmpty(1).Max()));
        foreach (PtxVariable variable in dynamic)
            _offsets[variable] = end;
        _dynamicName = dynamic.FirstOrDefault()?.Name;
        StaticBytes = (int)Math.Min(end, int.MaxValue);
    }

    public int StaticBytes { get; }

    public ulong Offset(PtxVariable variable) => _offsets[variable];

    /// <summary>The variables, for reports.</summary>
    public IReadOnlyList<SharedVariable> Variables(int dynamicBytes) =>
        dynamicBytes == 0 ? _variables
        : [.. _variables, new SharedVariable(_dynamicName ?? "(dynamic)", (ulong)StaticBytes, (ulong)dynamicBytes)];

    private static bool IsDynamic(PtxVariable variable) => variable.IsExternal && variable.Size == 0;

    private static ulong Align(ulong offset, int alignment) => (offset + (ulong)alignment - 1) / (ulong)alignment * (ulong)alignment;

    private static IEnumerable<PtxVariable> Named(PtxOperand operand) => operand switch
    {
        PtxSymbolOperand symbol => [symbol.Variable],
        PtxAddress { Variable: { } variable } => [variable],
        PtxVectorOperand vector => vector.Elements.SelectMany(Named),
        _ => [],
    };
}
