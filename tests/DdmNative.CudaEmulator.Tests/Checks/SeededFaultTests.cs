using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class SeededFaultTests
{
    public static TheoryData<string> Names => [.. SeededFault.All.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_seeded_fault_is_reported_at_its_line(string name)
    {
        SeededFault fault = SeededFault.All.Single(candidate => candidate.Name == name);
        (string text, IReadOnlySet<int> marked) = fault.Form(faulty: true);
        EmulatorException exception = Assert.Throws<EmulatorException>(() => Run(fault, text, fault.FreesInput, FaultChecks.All));
        FaultReport report = exception.Report!;
        Assert.True(fault.Kind == report.Kind, exception.Message);
        Assert.True(marked.Contains(report.Place.PtxLine),
            $"expected at {string.Join(" or ", marked)} of\n{text}\nbut found\n{exception.Message}");
        Assert.Equal(("seeded.cu", SeededFault.SourceLine, "seeded"), (report.Place.SourceFile, report.Place.SourceLine, report.Kernel));
        Assert.Contains($"PTX line {report.Place.PtxLine}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("seeded.cu:42", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_correct_form_is_not_reported(string name)
    {
        SeededFault fault = SeededFault.All.Single(candidate => candidate.Name == name);
        Run(fault, fault.Form(faulty: false).Text, freesInput: false, FaultChecks.All);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_disabled_check_reports_nothing(string name)
    {
        SeededFault fault = SeededFault.All.Single(candidate => candidate.Name == name);
        FaultChecks check = fault.Kind.Check();
        // Without its own check, freed memory belongs to no allocation; an infinite loop would never end.
        if (check is FaultChecks.None or FaultChecks.UseAfterFree or FaultChecks.InstructionLimit)
            return;
        Run(fault, fault.Form(faulty: true).Text, fault.FreesInput, FaultChecks.All & ~check);
    }

    [Fact]
    public void A_report_of_a_race_names_both_accesses()
    {
        SeededFault fault = SeededFault.All.Single(candidate =>
            candidate.Name == "a read of a value that another warp writes with no barrier in between");
        FaultReport report = Assert.Throws<EmulatorException>(
            () => Run(fault, fault.Form(faulty: true).Text, false, FaultChecks.All)).Report!;
        Assert.Equal("tile", report.Memory!.Allocation!.Name);
        Assert.Equal(FaultAccess.Write, report.Other!.Access);
        Assert.Equal(32u, Math.Max(report.Thread.X, report.Other.Thread!.Value.X) - Math.Min(report.Thread.X, report.Other.Thread.Value.X));
        Assert.Equal("st.shared.u32", report.Other.Place!.Instruction);
    }

    [Fact]
    public void A_report_of_an_access_out_of_bounds_names_the_allocation()
    {
        SeededFault fault = SeededFault.All[0];
        FaultReport report = Assert.Throws<EmulatorException>(
            () => Run(fault, fault.Form(faulty: true).Text, false, FaultChecks.All)).Report!;
        Assert.Equal((63u, 0u, 0u), (report.Thread.X, report.Thread.Y, report.Thread.Z));
        Assert.Equal((256ul, 256ul), (report.Memory!.Allocation!.Bytes, report.Memory.Address - report.Memory.Allocation.Address));
    }

    private static void Run(SeededFault fault, string text, bool freesInput, FaultChecks checks)
    {
        using EmulatedDevice device = new(new EmulatorOptions { Checks = checks, InstructionLimit = 100_000 });
        ulong output = device.Allocate(256), input = device.Allocate(256);
        device.Fill(input, 0, 4, 64);
        LoadedKernel kernel = device.Load(PtxParser.Parse(text)).FindKernel("seeded")!;
        if (freesInput)
            device.Free(input);
        byte[] parameters = [.. BitConverter.GetBytes(output), .. BitConverter.GetBytes(input)];
        device.Launch(kernel, new Dim3(1, 1, 1), new Dim3((uint)fault.Threads, 1, 1), 0, parameters);
    }
}
