using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// Calls: through pointers that differ within a warp, with arguments on the stack, in registers and constant; and the stack itself.
/// </summary>
public class CallFormTests
{
    /// <summary>a + 100, 3 a, and a function that diverges again and in which some lanes exit the kernel.</summary>
    private const string Functions = """
        .global .align 4 .u32 tally;
        .func (.param .b32 result) plus(.param .b32 given)
        {
            .reg .b32 %r<3>;
            ld.param.u32 %r1, [given];
            add.u32 %r2, %r1, 100;
            st.param.b32 [result], %r2;
            ret;
        }
        .func (.param .b32 result) thrice(.param .b32 given)
        {
            .reg .b32 %r<3>;
            ld.param.u32 %r1, [given];
            mul.lo.u32 %r2, %r1, 3;
            st.param.b32 [result], %r2;
            ret;
        }
        .func (.param .b32 result) parts(.param .b32 given)
        {
            .reg .b32 %r<4>;
            .reg .pred %p<3>;
            ld.param.u32 %r1, [given];
            setp.gt.u32 %p1, %r1, 20;
            setp.eq.u32 %p2, %r1, 29;
            @%p2 exit;
            @%p1 bra MANY;
            sub.u32 %r2, 1000, %r1;
            bra.uni END;
        MANY:
            add.u32 %r2, %r1, 5000;
        END:
            st.param.b32 [result], %r2;
            ret;
        }
        .global .align 8 .u64 table[3] = {plus, thrice, parts};

        """;

    private static uint Expected(int function, int lane)
        => function switch { 0 => (uint)lane + 100, 1 => 3 * (uint)lane, _ => lane > 20 ? (uint)lane + 5000 : 1000 - (uint)lane };

    [Theory]
    [InlineData("CALLED: .callprototype (.param .b32 _) _ (.param .b32 _);", "CALLED")]
    [InlineData("CALLED: .calltargets plus, thrice, parts;", "CALLED")]
    [InlineData("", "table")]
    public void Lanes_that_call_different_functions_join_after_the_call(string declaration, string named)
    {
        uint[] found = new uint[32];
        EmulatedKernel.Run(Kernel($$"""
            {{declaration}}
            rem.u32 %r2, %r0, 3;
            mul.wide.u32 %rd2, %r2, 8;
            mov.u64 %rd3, table;
            cvta.global.u64 %rd3, %rd3;
            add.u64 %rd3, %rd3, %rd2;
            ld.u64 %rd4, [%rd3];
            {
                .param .b32 argument;
                .param .b32 outcome;
                st.param.b32 [argument], %r0;
                call (outcome), %rd4, (argument), {{named}};
                ld.param.b32 %r3, [outcome];
            }
            activemask.b32 %r4;
            popc.b32 %r4, %r4;
            mad.lo.u32 %r3, %r4, 10000, %r3;
            st.global.u32 [%rd1], %r3;
            """, Functions), "op", (1, 1, 1), (32, 1, 1), 0, found);
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal(lane == 29 ? 0 : 31 * 10000 + Expected(lane % 3, lane), found[lane]);
    }

    [Fact]
    public void A_guarded_call_leaves_out_the_lanes_whose_guard_is_false()
    {
        uint[] found = new uint[32];
        EmulatedKernel.Run(Kernel("""
            mov.u64 %rd3, plus;
            mov.u64 %rd4, thrice;
            setp.lt.u32 %p1, %r0, 7;
            selp.b64 %rd3, %rd3, %rd4, %p1;
            and.b32 %r2, %r0, 1;
            setp.eq.u32 %p2, %r2, 1;
            mov.u32 %r3, 77;
            {
                .param .b32 argument;
                .param .b32 outcome;
                st.param.b32 [argument], %r0;
                CALLED: .callprototype (.param .b32 _) _ (.param .b32 _);
                @%p2 call (outcome), %rd3, (argument), CALLED;
                @%p2 ld.param.b32 %r3, [outcome];
            }
            st.global.u32 [%rd1], %r3;
            """, Functions), "op", (1, 1, 1), (32, 1, 1), 0, found);
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal(lane % 2 == 0 ? 77 : Expected(lane < 7 ? 0 : 1, lane), found[lane]);
    }

    [Fact]
    public void Functions_that_call_each_other_through_pointers_diverge_at_every_depth()
    {
        const string functions = """
            .func (.param .b32 result) down(.param .b32 given, .param .b64 self, .param .b64 other)
            {
                .reg .b32 %r<6>;
                .reg .b64 %rd<5>;
                .reg .pred %p<3>;
                ld.param.u32 %r1, [given];
                ld.param.u64 %rd1, [self];
                ld.param.u64 %rd2, [other];
                setp.eq.u32 %p1, %r1, 0;
                mov.u32 %r4, 1;
                @%p1 bra END;
                and.b32 %r2, %r1, 1;
                setp.eq.u32 %p2, %r2, 1;
                selp.b64 %rd3, %rd1, %rd2, %p2;
                shr.u32 %r3, %r1, 1;
                {
                    .param .b32 a; .param .b64 b; .param .b64 c; .param .b32 d;
                    st.param.b32 [a], %r3; st.param.b64 [b], %rd1; st.param.b64 [c], %rd2;
                    P: .callprototype (.param .b32 _) _ (.param .b32 _, .param .b64 _, .param .b64 _);
                    call (d), %rd3, (a, b, c), P;
                    ld.param.b32 %r4, [d];
                }
                mad.lo.u32 %r4, %r4, 3, %r1;
            END:
                st.param.b32 [result], %r4;
                ret;
            }
            .func (.param .b32 result) up(.param .b32 given, .param .b64 self, .param .b64 other)
            {
                .reg .b32 %r<6>;
                .reg .b64 %rd<5>;
                ld.param.u32 %r1, [given];
                ld.param.u64 %rd1, [self];
                ld.param.u64 %rd2, [other];
                {
                    .param .b32 a; .param .b64 b; .param .b64 c; .param .b32 d;
                    st.param.b32 [a], %r1; st.param.b64 [b], %rd1; st.param.b64 [c], %rd2;
                    call (d), down, (a, b, c);
                    ld.param.b32 %r4, [d];
                }
                add.u32 %r4, %r4, 1;
                st.param.b32 [result], %r4;
                ret;
            }

            """;
        uint[] found = new uint[32];
        EmulatedKernel.Run(Kernel("""
            mov.u64 %rd2, down;
            mov.u64 %rd3, up;
            {
                .param .b32 a; .param .b64 b; .param .b64 c; .param .b32 d;
                st.param.b32 [a], %r0; st.param.b64 [b], %rd2; st.param.b64 [c], %rd3;
                call (d), down, (a, b, c);
                ld.param.b32 %r3, [d];
            }
            st.global.u32 [%rd1], %r3;
            """, functions), "op", (1, 1, 1), (32, 1, 1), 0, found);
        static uint Down(uint given) => given == 0 ? 1 : 3 * (given % 2 == 1 ? Down(given / 2) : Down(given / 2) + 1) + given;
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => Down((uint)lane)), found);
    }

    [Fact]
    public void Arguments_and_results_may_be_registers_constants_and_variables()
    {
        const string functions = """
            .func (.reg .b32 sum, .reg .b64 wide, .reg .pred odd) all(.reg .b32 a, .reg .b64 b, .reg .b16 c, .reg .f32 d)
            {
                .reg .b32 %r<4>;
                .reg .b64 %rd<2>;
                cvt.u32.u16 %r1, c;
                cvt.rzi.u32.f32 %r2, d;
                add.u32 sum, a, %r1;
                add.u32 sum, sum, %r2;
                cvt.u64.u32 %rd1, a;
                mul.lo.u64 wide, b, %rd1;
                and.b32 %r3, a, 1;
                setp.eq.u32 odd, %r3, 1;
                ret;
            }

            """;
        uint[] found = new uint[64];
        EmulatedKernel.Run(Kernel("""
            .reg .b16 %h<2>;
            .reg .f32 %f<2>;
            mov.u16 %h0, 65535;
            mov.u64 %rd2, 4294967297;
            call (%r2, %rd3, %p1), all, (%r0, %rd2, %h0, 0f41200000);
            selp.u32 %r3, 1000000, 0, %p1;
            add.u32 %r2, %r2, %r3;
            st.global.u32 [%rd1], %r2;
            call (%r2, %rd3, _), all, (%r0, -1, 7, 2.5);
            shr.u64 %rd3, %rd3, 32;
            cvt.u32.u64 %r4, %rd3;
            add.u32 %r4, %r4, %r2;
            st.global.u32 [%rd1+128], %r4;
            """, functions), "op", (1, 1, 1), (32, 1, 1), 0, found);
        for (uint lane = 0; lane < 32; lane++)
        {
            Assert.Equal(lane + 65535 + 10 + (lane % 2 == 1 ? 1000000u : 0), found[lane]);
            Assert.Equal((uint)((ulong)-(long)lane >> 32) + lane + 7 + 2, found[32 + lane]);
        }
    }

    [Fact]
    public void Stack_memory_belongs_to_each_thread_and_is_freed()
    {
        uint[] found = new uint[32];
        // Each lane allocates a different size, writes its end, frees it and allocates it again, many times the size of the stack in total.
        EmulatedKernel.Run(Kernel("""
            mov.u32 %r2, 0;
            mov.u32 %r5, 0;
            stacksave.u64 %rd5;
            AGAIN:
            mad.lo.u32 %r3, %r0, 64, 64;
            cvt.u64.u32 %rd2, %r3;
            alloca.u64 %rd3, %rd2, 16;
            add.u64 %rd4, %rd3, %rd2;
            st.local.u32 [%rd4+-4], %r0;
            st.local.u32 [%rd3], %r2;
            alloca.u64 %rd6, 8;
            st.local.u32 [%rd6], 1;
            ld.local.u32 %r4, [%rd4+-4];
            add.u32 %r5, %r5, %r4;
            ld.local.u32 %r4, [%rd3];
            add.u32 %r5, %r5, %r4;
            stackrestore.u64 %rd5;
            add.u32 %r2, %r2, 1;
            setp.lt.u32 %p1, %r2, 100;
            @%p1 bra AGAIN;
            st.global.u32 [%rd1], %r5;
            """, ""), "op", (1, 1, 1), (32, 1, 1), 0, found);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => (uint)(100 * lane + 99 * 100 / 2)), found);
    }

    [Theory]
    [InlineData("mov.u64 %rd4, 12345; P: .callprototype _ (); call %rd4, (), P;", "a call through a pointer that is not a function")]
    [InlineData("mov.u64 %rd4, plus; P: .callprototype _ (); call %rd4, (), P;",
        "a call of plus with 0 arguments and 0 results, expected 1 and 1")]
    [InlineData("alloca.u64 %rd4, 100000000;", "alloca of 100000000 bytes")]
    public void An_invalid_call_is_a_fault(string code, string message)
    {
        EmulatorException error = Assert.Throws<EmulatorException>(
            () => EmulatedKernel.Run(Kernel(code, Functions), "op", (1, 1, 1), (32, 1, 1), 0, new uint[32]));
        Assert.Equal(FaultKind.Trap, error.Report!.Kind);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>A kernel with its thread's number in %r0 and the address of its word of the output in %rd1.</summary>
    private static string Kernel(string body, string functions) => $$"""
        {{OpcodeKernel.Heading}}
        {{functions}}
        .visible .entry op(.param .u64 out)
        {
        .reg .pred %p<4>;
        .reg .b32 %r<8>;
        .reg .b64 %rd<8>;
        mov.u32 %r0, %tid.x;
        ld.param.u64 %rd0, [out];
        mad.wide.u32 %rd1, %r0, 4, %rd0;
        {{body}}
        ret;
        }
        """;
}
