using System.Text;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cuda.Modules;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

public sealed class PtxInstructionMixTests
{
    private const string Ptx = """
        .version 7.8
        .target sm_80
        .visible .entry first(
        	.param .u64 first_param_0
        )
        .maxntid 256, 1, 1
        {
        	.reg .pred 	%p<2>;
        	ld.param.u64 	%rd1, [first_param_0];
        	ld.global.nc.v4.f32 	{%f1, %f2, %f3, %f4}, [%rd1];
        	cp.async.cg.shared.global [%r1], [%rd1], 16;
        $L__BB0_1:
        	fma.rn.f32 	%f5, %f1, %f2, %f3;
        	ld.shared.f32 	%f6, [%r1];
        	bar.sync 	0;
        	@%p1 bra 	$L__BB0_1;
        	st.global.f32 	[%rd1], %f5;
        	ret;

        }
        .visible .entry second()
        {
        	mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 	{%f1, %f2, %f3, %f4}, {%r1, %r2, %r3, %r4}, {%r5, %r6}, {%f1, %f2, %f3, %f4};
        	ret;
        }
        .visible .entry third(
        	.param .u64 .ptr .global .align 4 third_param_0
        )
        {
        	.pragma "nounroll";
        	.loc	1 17 5
        	{ .reg .u64 g; cvta.to.global.u64 g, %rd1; cp.async.ca.shared.global [%r1], [g], 4, %r2; }
        	{ // callseq 0, 0
        	.param .b64 param0;
        	call.uni (retval0),
        	device_function, // with a ; of its own
        	(
        	param0
        	);
        	}
        $L_branches: .branchtargets $L_one, $L_two;
        $L_one: @!%p1	ld.global.v2.u64
        		{%rd2, %rd3},
        		[%rd1];
        $L_two:
        	/* add.s32 %r1, %r1, 1;
        	   add.s32 %r1, %r1, 1; */
        	@%p2 st.shared.v4.f32 [%r1], {%f1, %f2, %f3, %f4}; bar.sync 0; ret;
        }
        .func device_function()
        {
        	fma.rn.f32 	%f5, %f1, %f2, %f3;
        	ret;
        }
        """;

    private static readonly IReadOnlyDictionary<string, PtxInstructionMix> Mixes = PtxInstructionMix.Count(Encoding.UTF8.GetBytes(Ptx));

    [Fact]
    public void Every_kernel_is_counted_for_itself()
        => Assert.Equal(["first", "second", "third"], Mixes.Keys.Order());

    [Fact]
    public void Instructions_are_counted_by_kind_and_global_bytes_with_their_vectors()
    {
        PtxInstructionMix mix = Mixes["first"];

        Assert.Equal((9, 1, 0), (mix.Instructions, mix.FusedMultiplyAdds, mix.MatrixInstructions));
        Assert.Equal((3, 1, 1, 1), (mix.GlobalAccesses, mix.SharedAccesses, mix.Barriers, mix.Branches));
        Assert.Equal(2, mix.Flops);
        Assert.Equal(16 + 16 + 4, mix.GlobalBytes);
        Assert.Equal(2 / 36.0, mix.ArithmeticIntensity, 9);
    }

    [Fact]
    public void A_thread_has_a_thirty_second_of_a_matrix_instruction()
        => Assert.Equal(2 * 16 * 8 * 8 / 32, Mixes["second"].Flops);

    /// <summary>
    /// A copy within a scope on one line, a call over five, a guarded load over three behind a label, three on one line; what is commented
    /// out does not count.
    /// </summary>
    [Fact]
    public void Instructions_are_told_apart_by_semicolons_and_not_by_lines()
    {
        PtxInstructionMix mix = Mixes["third"];

        // cvta, cp.async, call, ld, st, bar, ret
        Assert.Equal((7, 0), (mix.Instructions, mix.FusedMultiplyAdds));
        Assert.Equal((2, 1, 1), (mix.GlobalAccesses, mix.SharedAccesses, mix.Barriers));
        Assert.Equal(4 + 16, mix.GlobalBytes);
    }

    /// <summary>
    /// The file that <c>DDM_CUDA_PTX</c> names may contain anything; the driver rejects it, and our own parser must not fail on it.
    /// </summary>
    [Fact]
    public void Mutated_texts_are_read()
    {
        byte[] good = Encoding.UTF8.GetBytes(Ptx);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (int seed = 0; seed < Mutations.Count; seed++)
        {
            Exception? error = Record.Exception(() => PtxInstructionMix.Count(Mutations.Of(good, seed)));
            Assert.True(error is null, $"seed {seed}: {error}");
        }

        Assert.InRange(watch.Elapsed.TotalSeconds / Mutations.Count, 0, 0.5);
    }
}
