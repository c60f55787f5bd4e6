using System.Text;
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
        """;

    private static readonly IReadOnlyDictionary<string, PtxInstructionMix> Mixes = PtxInstructionMix.Of(Encoding.UTF8.GetBytes(Ptx));

    [Fact]
    public void Every_kernel_is_counted_for_itself()
        => Assert.Equal(["first", "second"], Mixes.Keys.Order());

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
}
