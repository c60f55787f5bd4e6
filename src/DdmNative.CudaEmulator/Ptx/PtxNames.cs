namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Names in one scope of a function's body; names that are not found here are looked up in the enclosing scope.</summary>
internal sealed class PtxNames(PtxNames? parent)
{
    private readonly Dictionary<string, PtxOperand> _registers = [];
    private readonly Dictionary<string, PtxVariable> _variables = [];
    private readonly Dictionary<string, int> _labels = [];
    private readonly Dictionary<string, List<string>> _targetLists = [];
    private readonly HashSet<string> _prototypes = [];

    public PtxNames? Parent => parent;

    public bool AddRegister(string name, PtxOperand register) => _registers.TryAdd(name, register);

    public bool AddVariable(PtxVariable variable) => _variables.TryAdd(variable.Name, variable);

    public bool AddLabel(string name, int instruction) => _labels.TryAdd(name, instruction);

    /// <summary>The targets listed by <c>name: .branchtargets a, b;</c> or <c>.calltargets</c>.</summary>
    public bool AddTargets(string name, List<string> targets) => _targetLists.TryAdd(name, targets);

    public bool AddPrototype(string name) => _prototypes.Add(name);

    /// <summary>A register, or a vector of registers.</summary>
    public PtxOperand? Register(ReadOnlySpan<char> name)
    {
        for (PtxNames? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._registers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out PtxOperand? register))
                return register;
        }

        return null;
    }

    public PtxVariable? Variable(ReadOnlySpan<char> name)
    {
        for (PtxNames? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._variables.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out PtxVariable? variable))
                return variable;
        }

        return null;
    }

    public int? Label(string name)
    {
        for (PtxNames? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._labels.TryGetValue(name, out int instruction))
                return instruction;
        }

        return null;
    }

    public IReadOnlyList<string>? Targets(string name)
    {
        for (PtxNames? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._targetLists.TryGetValue(name, out List<string>? targets))
                return targets;
        }

        return null;
    }

    public bool HasPrototype(string name)
    {
        for (PtxNames? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._prototypes.Contains(name) || scope._targetLists.ContainsKey(name))
                return true;
        }

        return false;
    }
}
