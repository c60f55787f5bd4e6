using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

/// <summary>Properties of the seeded faults that can be checked without running them.</summary>
public class SeededFaultTextTests
{
    public static TheoryData<string> Names => [.. SeededFault.All.Select(fault => fault.Name)];

    [Fact]
    public void Every_kind_of_fault_is_seeded_somewhere() =>
        Assert.Equal(Enum.GetValues<FaultKind>(), SeededFault.All.Select(fault => fault.Kind).Distinct().Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_forms_load_and_their_marked_lines_are_instructions_with_a_source_line(string name)
    {
        SeededFault fault = SeededFault.All.Single(candidate => candidate.Name == name);
        foreach (bool faulty in new[] { true, false })
        {
            (string text, IReadOnlySet<int> marked) = fault.Form(faulty);
            PtxModule module = PtxParser.Parse(text);
            PtxFunction kernel = module.Find("seeded")!;
            foreach (int line in marked)
            {
                PtxInstruction instruction = Assert.Single(kernel.Instructions, candidate => candidate.Line == line);
                FaultPlace place = FaultPlace.Create(instruction, module.SourceFiles);
                Assert.Equal(("seeded.cu", SeededFault.SourceLine), (place.SourceFile, place.SourceLine));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_registers_written_under_guards_are_tracked(string name)
    {
        SeededFault fault = SeededFault.All.Single(candidate => candidate.Name == name);
        foreach (bool faulty in new[] { true, false })
        {
            PtxFunction kernel = PtxParser.Parse(fault.Form(faulty).Text).Find("seeded")!;
            string[] watched = [.. DefiniteAssignment.MaybeUnwritten(kernel).Select(register => kernel.Registers[register].Name)];
            Assert.Equal(fault.Kind != FaultKind.UninitialisedRegister
                ? [] : fault.Name.Contains("predicate", StringComparison.Ordinal) ? ["%p2"] : ["%r3"], watched);
        }
    }
}
