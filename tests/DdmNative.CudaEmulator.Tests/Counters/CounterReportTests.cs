using System.Text.Json;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Counters.Program;

namespace DdmNative.CudaEmulator.Tests.Counters;

public class CounterReportTests
{
    [Fact]
    public void Totals_sum_instructions_by_class_and_derive_shares_and_work()
    {
        CounterTotals totals = CounterTotals.Compute(Profile());
        Assert.Equal(1 + 10 * 4 + 1, totals.WarpInstructions);
        Assert.Equal(32 * totals.WarpInstructions - 10 * 16, totals.LaneInstructions);
        Assert.Equal(20.0 / 42, totals.FmaShare, 12);
        Assert.Equal(2 * (10 * 32 + 10 * 16), totals.Work.Fp32);
        Assert.Equal((10, 1), (totals.Branches, totals.DivergentBranches));
        Assert.Equal(new GlobalAccess(10, 42, 40, 8, 1280), totals.GlobalLoads);
        Assert.Equal(42 * 32, totals.MovedBytes);
        Assert.Equal(0.8, totals.IdealRequestShare, 12);
    }

    [Fact]
    public void The_main_loop_is_counted_separately()
    {
        CounterReport report = new(keptLaunches: 1);
        report.Add(Profile(), (3, 1, 1), (32, 1, 1), 0, 0.25);
        report.Add(Profile(), (3, 1, 1), (32, 1, 1), 0, 0.25);
        KernelCounters kernel = Assert.Single(report.Kernels);
        Assert.Equal((2, 6), (kernel.Launches, kernel.Instructions));
        Assert.Equal(2 * 40, kernel.MainLoop!.Totals.WarpInstructions);
        Assert.Equal(0.5, kernel.MainLoop.Totals.FmaShare, 12);
        Assert.Equal(2 * 160, kernel.LeastBytes);
        Assert.Equal(2 * 42 * 32 / 320.0, kernel.MovedOverLeast, 12);
        Assert.Equal(2 * 960 / 320.0, kernel.ArithmeticIntensity, 12);
        Assert.Single(report.Launches);
        Assert.Equal(new EmulationSpeed(kernel.Totals.LaneInstructions, 0.5), kernel.Speed);
        Assert.Equal(kernel.Totals.LaneInstructions / 0.5, report.Speed.LaneInstructionsPerSecond);
    }

    [Fact]
    public void A_written_report_is_complete_and_names_the_emulator()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        CounterReport report = new();
        report.Add(Profile(), (1, 1, 1), (32, 1, 1), 0, 0.25);
        report.Write(path);
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(path));
        File.Delete(path);
        Assert.Equal("DdmNative CUDA emulator", file.RootElement.GetProperty("device").GetString());
        Assert.Equal(4 * (32 * 42 - 160), file.RootElement.GetProperty("speed").GetProperty("laneInstructionsPerSecond").GetDouble());
        JsonElement kernel = file.RootElement.GetProperty("kernels")[0];
        Assert.Equal("kernel", kernel.GetProperty("name").GetString());
        Assert.Equal(42, kernel.GetProperty("totals").GetProperty("warpInstructions").GetInt64());
        Assert.Equal(20, kernel.GetProperty("totals").GetProperty("classes").GetProperty("Fma").GetProperty("warps").GetInt64());
        Assert.Equal(4, kernel.GetProperty("rooflines").GetArrayLength());
        Assert.Equal(1, file.RootElement.GetProperty("launchesLeftOut").GetInt64());
    }

    [Fact]
    public void A_roofline_is_the_longer_of_arithmetic_and_traffic()
    {
        GpuDataSheet gpu = new("test", Fp32: 1e12, Fp64: 1e11, MatrixTf32: 8e12, MatrixHalf: 16e12, Bandwidth: 1e11, Multiprocessors: 10,
            Clock: 1e9);
        CounterTotals totals = CounterTotals.Compute(Profile());
        Roofline memory = Roofline.Compute(gpu, totals, leastBytes: 1000), compute = Roofline.Compute(gpu, totals, leastBytes: 10);
        Assert.Equal(("memory", 1e-8), (memory.Bound, memory.Seconds));
        Assert.Equal(("compute", 960 / 1e12), (compute.Bound, compute.Seconds));
        Assert.Equal(42 / 4e10, memory.IssueSeconds);
    }

    [Theory]
    [InlineData(PtxOpcode.Fma, PtxType.F32, PtxSpace.Generic, InstructionClass.Fma, 2)]
    [InlineData(PtxOpcode.Mad, PtxType.S32, PtxSpace.Generic, InstructionClass.WholeNumber, 0)]
    [InlineData(PtxOpcode.Add, PtxType.F64, PtxSpace.Generic, InstructionClass.FloatingPoint, 1)]
    [InlineData(PtxOpcode.Max, PtxType.F32, PtxSpace.Generic, InstructionClass.FloatingPoint, 0)]
    [InlineData(PtxOpcode.Fma, PtxType.F16x2, PtxSpace.Generic, InstructionClass.Fma, 4)]
    [InlineData(PtxOpcode.Ex2, PtxType.F32, PtxSpace.Generic, InstructionClass.Special, 1)]
    [InlineData(PtxOpcode.Div, PtxType.U32, PtxSpace.Generic, InstructionClass.WholeNumber, 0)]
    [InlineData(PtxOpcode.Ld, PtxType.F32, PtxSpace.Global, InstructionClass.GlobalLoad, 0)]
    [InlineData(PtxOpcode.St, PtxType.F32, PtxSpace.Shared, InstructionClass.SharedStore, 0)]
    [InlineData(PtxOpcode.Ld, PtxType.U64, PtxSpace.Param, InstructionClass.ConstantLoad, 0)]
    [InlineData(PtxOpcode.Shfl, PtxType.B32, PtxSpace.Generic, InstructionClass.WarpExchange, 0)]
    public void Instructions_are_classified(PtxOpcode opcode, PtxType type, PtxSpace space, InstructionClass expected, int work)
    {
        PtxInstruction instruction = Do(opcode, new() { Types = [type], Space = space });
        Assert.Equal((expected, work), (InstructionClasses.Classify(instruction), InstructionClasses.Work(instruction)));
    }

    [Fact]
    public void A_matrix_instruction_does_two_operations_for_each_product()
    {
        PtxInstruction mma = Do(PtxOpcode.Mma,
            new() { Types = [PtxType.F32, PtxType.TF32, PtxType.TF32, PtxType.F32], Shape = (16, 8, 8) });
        Assert.Equal((2048L, PtxType.TF32), (InstructionClasses.MatrixWork(mma), InstructionClasses.MatrixType(mma)));
    }

    /// <summary>One warp: a move; ten iterations of load, fma, fma in half of the lanes, branch; a return.</summary>
    private static KernelProfile Profile()
    {
        PtxModifiers single = new() { Types = [PtxType.F32] };
        PtxInstruction fma = Do(PtxOpcode.Fma, single, Register(0), Register(0), Register(1), Register(0));
        PtxInstruction load = Do(PtxOpcode.Ld, new() { Types = [PtxType.F32], Space = PtxSpace.Global }, Register(1),
            new PtxAddress(Register(0), null, 0));
        KernelProfile profile = new(new([Function(2, Set(0), load, fma, fma, Branch(1, 1), Return())], new Dictionary<int, string>()));
        int[] warps = [1, 10, 10, 10, 10, 1], lanes = [32, 320, 320, 160, 320, 32];
        for (int site = 0; site < warps.Length; site++)
        {
            profile.Warps[site] = warps[site];
            profile.Lanes[site] = lanes[site];
        }

        profile.Divergences[4] = 1;
        ulong[] addresses = new ulong[32];
        for (int round = 0; round < 10; round++)
        {
            // Two iterations start within a sector and touch five instead of four.
            ulong start = round < 8 ? 0x1000ul : 0x1010ul;
            for (int lane = 0; lane < 32; lane++)
                addresses[lane] = start + 4 * (ulong)lane;
            if (round % 2 == 0)
                profile.CountGlobal(1, addresses, uint.MaxValue, 4, loads: true, stores: false);
            else
                profile.CountGlobalRow(1, start, 128, loads: true, stores: false);
        }

        return profile;
    }
}
