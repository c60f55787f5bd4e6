using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Tests.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

/// <summary>
/// Poison: correct programs move uninitialised values and compute with them, and only a decision by such a value is a fault. The bodies are
/// those of <see cref="LaneKernel"/>; %r20 is unwritten in lanes 20 to 31, and so is the shared memory from <c>tile</c> on, a word for each
/// lane.
/// </summary>
public class PoisonTests
{
    private const string Unwritten = """
            setp.lt.u32 %p1, %r4, 20;
            @%p1 mov.u32 %r20, %r4;
            mad.lo.u32 %r5, %r4, 4, %r3;
            @%p1 st.shared.u32 [%r5], %r4;
            bar.sync 0;
        """;

    private const string StoreSound = "@%p1 st.global.u32 [%rd2], %r21;";

    /// <summary>
    /// Each leaves in %r21 the lane's number in lanes 0 to 19, and an uninitialised value, or one derived from it, in the others.
    /// </summary>
    public static TheoryData<string> Copies =>
    [
        "mov.u32 %r21, %r20;",
        "ld.shared.u32 %r21, [%r5];",
        "ld.volatile.shared.u32 %r21, [%r5];",
        "add.u32 %r22, %r20, 1; sub.u32 %r21, %r22, 1;",
        "cvt.rn.f32.u32 %f1, %r20; add.rn.f32 %f2, %f1, 0f00000000; cvt.rzi.u32.f32 %r21, %f2;",
        "setp.lt.u32 %p2, %r20, 1000; selp.u32 %r21, %r20, 7, %p2;",
        "mov.b64 %rd10, {%r20, %r20}; mov.b64 {%r22, %r21}, %rd10;",
        "st.shared.u32 [%r5+128], %r20; ld.shared.u32 %r21, [%r5+128];",
        ".local .align 4 .b8 stack[8]; st.local.u32 [stack+4], %r20; ld.local.u32 %r21, [stack+4];",
        "cvt.u64.u32 %rd11, %r5; cvta.shared.u64 %rd11, %rd11; st.u32 [%rd11+128], %r20; ld.u32 %r21, [%rd11+128];",
        "ld.shared.u32 %r22, [%r5]; st.shared.u32 [%r5+128], %r22; ld.shared.u32 %r21, [%r5+128];",
        "shfl.sync.bfly.b32 %r22, %r20, 0, 31, -1; mov.u32 %r21, %r22;",
        "atom.shared.add.u32 %r21, [%r5], 1;",
        "atom.shared.exch.b32 %r21, [%r5], %r20;",
        "ld.shared.u32 %r22, [%r5]; add.cc.u32 %r21, %r22, 0; addc.u32 %r23, %r22, 0;",
    ];

    /// <summary>
    /// Instructions that determine %r21 in all lanes, independently of the values of %r20 and of %p2, which is derived from it, in lanes 20
    /// to 31.
    /// </summary>
    public static TheoryData<string> Settled =>
    [
        "and.pred %p3, %p1, %p2; selp.u32 %r21, 1, 2, %p3;",
        "and.pred %p3, %p2, %p1; @%p3 mov.u32 %r21, 5; @!%p3 mov.u32 %r21, 6;",
        "not.pred %p4, %p1; or.pred %p3, %p2, %p4; selp.u32 %r21, 1, 2, %p3;",
        "setp.gt.and.u32 %p3, %r20, 5, %p1; selp.u32 %r21, 1, 2, %p3;",
        "setp.gt.or.u32 %p3|%p5, %r20, 5, !%p1; selp.u32 %r21, 1, 2, %p5;",
        "and.b32 %r21, %r20, 0;",
        "or.b32 %r21, %r20, -1;",
        "mul.lo.u32 %r21, %r20, 0;",
        "selp.u32 %r21, %r20, 3, %p1;",
        "setp.lt.u32 %p3, %r4, 40; vote.sync.any.pred %p4, %p2, -1; selp.u32 %r21, 1, 2, %p4;",
        "@%p1 bra SOUND; mov.u32 %r20, 9; SOUND: mov.u32 %r21, %r20;",
        "mov.u32 %r20, 9; mov.u32 %r21, %r20;",
        "ld.shared.u32 %r22, [%r5]; @!%p1 mov.u32 %r22, 4; mov.u32 %r21, %r22;",
        "st.shared.u32 [%r5+128], %r20; bar.sync 0; st.shared.u32 [%r5+128], %r4; ld.shared.u32 %r21, [%r5+128];",
        "atom.shared.exch.b32 %r22, [%r5], %r4; ld.shared.u32 %r21, [%r5];",
        "shfl.sync.idx.b32 %r21, %r20, 4, 31, -1;",
    ];

    /// <summary>Copies in lanes that spin until the given lane, which is not among them, has set a flag.</summary>
    public static TheoryData<string, int> CopiesOfWaitingLanes
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (int setter in (ReadOnlySpan<int>)[3, 25])
            {
                cases.Add("mov.u32 %r21, %r20;", setter);
                cases.Add("ld.shared.u32 %r21, [%r5];", setter);
                cases.Add("st.shared.u32 [%r5+128], %r20; ld.shared.u32 %r21, [%r5+128];", setter);
                cases.Add(".local .align 4 .b8 stack[8]; st.local.u32 [stack+4], %r20; ld.local.u32 %r21, [stack+4];", setter);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(CopiesOfWaitingLanes))]
    public void Lanes_that_wait_for_others_keep_uninitialised_values(string copy, int setter)
    {
        string body = $"""
            {Unwritten}
            setp.eq.u32 %p6, %r4, {setter};
            @%p6 bra SET;
            WAIT: {copy}
            ld.volatile.global.u32 %r30, [%rd0+128];
            setp.eq.u32 %p7, %r30, 0;
            @%p7 bra WAIT;
            bra MEET;
            SET: mov.u32 %r21, %r20;
            st.volatile.global.u32 [%rd0+128], 1;
            MEET: bar.warp.sync -1;
            """;

        uint[] results = LaneKernel.Results($"{body}\n{StoreSound}", 33);
        EmulatorException fault = Assert.Throws<EmulatorException>(() => LaneKernel.Results($"{body}\nst.global.u32 [%rd2], %r21;", 33));

        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 20 ? (uint)lane : 0), results[..32]);
        Assert.Equal(20u, fault.Report!.Thread.X);
        Assert.Contains("in 12 lanes of the warp", fault.Report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public void Uninitialised_values_may_be_moved_and_discarded(string copy)
    {
        uint[] results = LaneKernel.Results($"{Unwritten}\n{copy}\n{StoreSound}", 32);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 20 ? (uint)lane : 0), results);
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public void An_uninitialised_value_must_not_be_stored_in_global_memory(string copy)
    {
        FaultReport report = Fault($"{Unwritten}\n{copy}\nst.global.u32 [%rd2], %r21;");
        Assert.Equal((20u, "st.global.u32"), (report.Thread.X, report.Place.Instruction));
        Assert.Contains("in 12 lanes", report.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public void An_uninitialised_value_must_not_decide_a_branch(string copy)
    {
        FaultReport report = Fault($"{Unwritten}\n{copy}\nsetp.eq.u32 %p9, %r21, 3;\n@%p9 bra OUT;\nst.global.u32 [%rd2], %r4;\nOUT:");
        Assert.Equal((20u, "bra"), (report.Thread.X, report.Place.Instruction));
        Assert.Contains("the predicate of the branch comes from", report.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public void An_uninitialised_value_must_not_be_an_address(string copy)
    {
        FaultReport report = Fault($"{Unwritten}\n{copy}\nmad.lo.u32 %r30, %r21, 4, %r3;\nst.shared.u32 [%r30+8192], %r4;");
        Assert.Equal((20u, "st.shared.u32"), (report.Thread.X, report.Place.Instruction));
        Assert.Contains("the address comes from", report.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Settled))]
    public void A_result_that_other_sources_determine_is_not_poison(string settles) =>
        LaneKernel.Results($"{Unwritten}\nsetp.gt.u32 %p2, %r20, 2;\n{settles}\nst.global.u32 [%rd2], %r21;", 32);

    [Fact]
    public void A_report_names_the_instruction_that_read_uninitialised_memory()
    {
        FaultReport report = Fault($"{Unwritten}\nld.shared.u32 %r22, [%r5];\nadd.u32 %r21, %r22, 1;\nst.global.u32 [%rd2], %r21;");
        Assert.Equal(FaultKind.UninitialisedShared, report.Kind);
        Assert.Equal(("ld.shared.u32", report.Place.PtxLine - 2), (report.Origin!.Instruction, report.Origin.PtxLine));
        Assert.Equal(("tile", 80ul), (report.Memory!.Allocation!.Name, report.Memory.Address));
        Assert.Contains("reads 4 bytes at shared 0x50: 80 bytes into the variable tile of", report.Message, StringComparison.Ordinal);
        Assert.Contains("the value stored in global memory comes from uninitialised memory", report.Message, StringComparison.Ordinal);
        Assert.Contains("in 12 lanes of the warp", report.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shfl.sync.bfly.b32 %r30, %r4, 1, 31, %r21;")]
    [InlineData("vote.sync.ballot.b32 %r30, %p1, %r21;")]
    [InlineData("bar.warp.sync %r21;")]
    public void An_uninitialised_value_must_not_be_a_mask_of_lanes(string exchange)
    {
        FaultReport report = Fault($"{Unwritten}\nor.b32 %r21, %r20, 0;\n{exchange}");
        Assert.Equal((FaultKind.UninitialisedRegister, 20u), (report.Kind, report.Thread.X));
        Assert.Contains("the mask of lanes comes from register %r20", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_names_the_unwritten_register_even_if_another_one_is_stored()
    {
        FaultReport report = Fault($"{Unwritten}\nadd.u32 %r21, %r20, 1;\nst.global.u32 [%rd2], %r21;");
        Assert.Equal(FaultKind.UninitialisedRegister, report.Kind);
        Assert.Contains("comes from register %r20, in 12 lanes of the warp", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_warp_reports_the_origin_of_poison_from_shared_memory()
    {
        FaultReport report = Fault($"""
                setp.lt.u32 %p1, %r0, 20;
                @%p1 mov.u32 %r20, %r4;
                mad.lo.u32 %r5, %r0, 4, %r3;
                st.shared.u32 [%r5], %r20;
                bar.sync 0;
                xor.b32 %r6, %r5, 128;
                ld.shared.u32 %r21, [%r6];
                st.global.u32 [%rd2], %r21;
            """, threads: 64);
        Assert.Equal((FaultKind.UninitialisedRegister, 0u), (report.Kind, report.Thread.X));
        Assert.Contains("register %r20", report.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m16n8k16.row.col.f32.f16.f16.f32", "{%r10, %r10, %r10, %r10}, {%r10, %r10}, {%f0, %f0, %f0, %f0}", 0xffffffffu)]
    [InlineData("m16n8k16.row.col.f32.f16.f16.f32", "{%r20, %r10, %r20, %r10}, {%r10, %r10}, {%f0, %f0, %f0, %f0}", 0x000fffffu)]
    [InlineData("m16n8k8.row.col.f32.tf32.tf32.f32", "{%r20, %r10, %r20, %r10}, {%r10, %r10}, {%f0, %f0, %f0, %f0}", 0x000fffffu)]
    [InlineData("m16n8k16.row.col.f32.bf16.bf16.f32", "{%r10, %r10, %r10, %r10}, {%r20, %r10}, {%f0, %f0, %f0, %f0}", 0x77777777u)]
    [InlineData("m16n8k16.row.col.f32.f16.f16.f32", "{%r10, %r10, %r10, %r10}, {%r10, %r10}, {%f20, %f0, %f0, %f0}", 0x000fffffu)]
    public void An_element_of_a_matrix_product_is_poison_only_if_its_row_or_column_is(string shape, string sources, uint sound)
    {
        // Lanes 20 to 31 hold rows 5 to 7 of A, columns 5 to 7 of B, and of C rows 5 to 7; lane 4 r + t holds columns 2 t and 2 t + 1 of
        // row r of D.
        string body = $"{Unwritten}\nmov.u32 %r10, 0;\nmov.f32 %f0, 0f00000000;\nmov.b32 %f20, %r20;\n" +
            $"mma.sync.aligned.{shape} {{%f1, %f2, %f3, %f4}}, {sources};\n" +
            $"shr.u32 %r30, {sound}, %r4;\nand.b32 %r30, %r30, 1;\nsetp.eq.u32 %p9, %r30, 1;\n";
        LaneKernel.Results(body + "@%p9 st.global.f32 [%rd2], %f1;", 32);
        for (int lane = 0; lane < 32; lane++)
        {
            if ((sound >> lane & 1) != 0)
                continue;
            FaultReport report = Fault(body + $"setp.eq.u32 %p10, %r4, {lane};\n@%p10 st.global.f32 [%rd2], %f1;");
            Assert.Equal((FaultKind.UninitialisedRegister, (uint)lane), (report.Kind, report.Thread.X));
        }
    }

    [Fact]
    public void A_register_that_a_call_writes_is_poison_only_if_the_returned_value_is()
    {
        const string Function = ".func (.reg .b32 %result) twice(.reg .b32 %given) { add.u32 %result, %given, %given; ret; }";
        string sound = $"{Unwritten}\ncall.uni (%r20), twice, (%r4);\nst.global.u32 [%rd2], %r20;";
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => 2 * (uint)lane), LaneKernel.Results(sound, 32, module: Function));
        string spoilt = $"{Unwritten}\ncall.uni (%r21), twice, (%r20);\nst.global.u32 [%rd2], %r21;";
        FaultReport report = Assert.Throws<EmulatorException>(() => LaneKernel.Results(spoilt, 32, module: Function)).Report!;
        Assert.Equal((FaultKind.UninitialisedRegister, 20u), (report.Kind, report.Thread.X));
        Assert.Contains("register %r20", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_block_does_not_see_the_poison_of_an_earlier_one() =>
        LaneKernel.Results($"""
                setp.eq.u32 %p8, %r1, 0;
                @!%p8 bra LATER;
            {Unwritten}
                st.shared.u32 [%r5+128], %r20;
                ld.shared.u32 %r21, [%r5];
                bra OUT;
            LATER:
                mad.lo.u32 %r5, %r4, 4, %r3;
                st.shared.u32 [%r5+128], %r4;
                ld.shared.u32 %r21, [%r5+128];
                st.global.u32 [%rd2], %r21;
            OUT:
            """, 96, blocks: 3);

    [Theory]
    [InlineData(FaultChecks.UninitialisedRegisters, "mov.u32 %r21, %r20;")]
    [InlineData(FaultChecks.UninitialisedShared, "ld.shared.u32 %r21, [%r5];")]
    public void A_disabled_check_ignores_only_its_own_poison(FaultChecks check, string copy)
    {
        EmulatorOptions options = LaneKernel.Options with { Checks = FaultChecks.All & ~check };
        string body = $"{Unwritten}\n{copy}\nst.global.u32 [%rd2], %r21;";
        LaneKernel.Results(body, 32, options: options);
        options = LaneKernel.Options with { Checks = check };
        Assert.Throws<EmulatorException>(() => LaneKernel.Results(body, 32, options: options));
    }

    private static FaultReport Fault(string body, int threads = 32) =>
        Assert.Throws<EmulatorException>(() => LaneKernel.Results(body, threads, threads: threads)).Report!;
}
