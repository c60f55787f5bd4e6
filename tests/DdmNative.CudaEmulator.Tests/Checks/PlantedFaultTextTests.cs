using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

/// <summary>What can be known of the planted faults without running them.</summary>
public class PlantedFaultTextTests
{
    public static TheoryData<string> Names => [.. PlantedFault.All.Select(fault => fault.Name)];

    [Fact]
    public void Every_kind_of_fault_is_planted_somewhere() =>
        Assert.Equal(Enum.GetValues<FaultKind>(), PlantedFault.All.Select(fault => fault.Kind).Distinct().Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_forms_load_and_their_marked_lines_are_instructions_with_a_source_line(string name)
    {
        PlantedFault fault = PlantedFault.All.Single(candidate => candidate.Name == name);
        foreach (bool faulty in new[] { true, false })
        {
            (string text, IReadOnlySet<int> marked) = fault.Form(faulty);
            PtxModule module = PtxParser.Parse(text);
            PtxFunction kernel = module.Find("planted")!;
            foreach (int line in marked)
            {
                PtxInstruction instruction = Assert.Single(kernel.Instructions, candidate => candidate.Line == line);
                FaultPlace place = FaultPlace.Of(instruction, module.SourceFiles);
                Assert.Equal(("planted.cu", PlantedFault.SourceLine), (place.SourceFile, place.SourceLine));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_where_a_register_is_written_under_guards_is_there_one_to_watch(string name)
    {
        PlantedFault fault = PlantedFault.All.Single(candidate => candidate.Name == name);
        foreach (bool faulty in new[] { true, false })
        {
            PtxFunction kernel = PtxParser.Parse(fault.Form(faulty).Text).Find("planted")!;
            string[] watched = [.. DefiniteAssignment.MaybeUnwritten(kernel).Select(register => kernel.Registers[register].Name)];
            Assert.Equal(fault.Kind != FaultKind.UninitialisedRegister ? [] : fault.Name.Contains("predicate", StringComparison.Ordinal) ? ["%p2"] : ["%r3"], watched);
        }
    }
}
