using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Counters;

/// <summary>
/// The instructions of a kernel and of the functions that it may call, numbered consecutively as sites, with the properties that the
/// counters need. Created once when a kernel is loaded.
/// </summary>
public sealed class KernelSites
{
    private readonly Dictionary<PtxFunction, int> _offsets = [];

    /// <param name="functions">The kernel first, then the functions it may call.</param>
    /// <param name="sourceFiles">The module's source files.</param>
    public KernelSites(IReadOnlyList<PtxFunction> functions, IReadOnlyDictionary<int, string> sourceFiles)
    {
        Name = functions[0].Name;
        SourceFiles = sourceFiles;
        List<PtxInstruction> instructions = [];
        List<NaturalLoop> loops = [];
        foreach (PtxFunction function in functions)
        {
            int offset = instructions.Count;
            _offsets.Add(function, offset);
            instructions.AddRange(function.Instructions);
            loops.AddRange(NaturalLoops.Find(function.Instructions)
                .Select(loop => loop with { Header = loop.Header + offset,
                    Instructions = [.. loop.Instructions.Select(index => index + offset)] }));
        }

        Instructions = instructions;
        Loops = loops;
        Classes = [.. instructions.Select(InstructionClasses.Classify)];
        Accesses = new int[instructions.Count];
        for (int site = 0; site < instructions.Count; site++)
            Accesses[site] = TouchesMemory(Classes[site]) ? AccessCount++ : -1;
        HashCode code = default;
        foreach (PtxInstruction instruction in instructions)
        {
            code.Add(instruction.Text);
            code.Add(instruction.Line);
        }

        Code = code.ToHashCode();
    }

    public string Name { get; }

    /// <summary>By site.</summary>
    public IReadOnlyList<PtxInstruction> Instructions { get; }

    public IReadOnlyDictionary<int, string> SourceFiles { get; }

    /// <summary>By site.</summary>
    public InstructionClass[] Classes { get; }

    /// <summary>By site: the number of the instruction among those that access global or shared memory, or −1.</summary>
    public int[] Accesses { get; }

    public int AccessCount { get; }

    public IReadOnlyList<NaturalLoop> Loops { get; }

    /// <summary>Equal for kernels with the same text, so that the counts continue if a kernel is loaded again.</summary>
    public int Code { get; }

    /// <summary>Site of the first instruction of a function.</summary>
    public int Offset(PtxFunction function) => _offsets[function];

    private static bool TouchesMemory(InstructionClass kind)
        => kind is InstructionClass.GlobalLoad or InstructionClass.GlobalStore or InstructionClass.SharedLoad
        or InstructionClass.SharedStore or InstructionClass.GenericAccess or InstructionClass.Atomic or InstructionClass.AsyncCopy
        or InstructionClass.MatrixTransfer;
}
