using System.Text;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Programs;

/// <summary>
/// Programs that need more of the GPU's system than its instructions: calls through pointers, a heap, a growing stack, printf.
/// </summary>
public class SystemProgramTests
{
    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Every_thread_calls_its_own_functions(string optimisation)
    {
        const int threads = 64, rounds = 4;
        float[] areas = new float[threads];
        int[] sums = new int[threads];
        EmulatedKernel.Run(ClangCompiler.Compile("dispatch", optimisation), "dispatch", (1, 1, 1), (threads, 1, 1), 0, areas, sums, rounds);
        for (int i = 0; i < threads; i++)
        {
            Assert.Equal(i % 3 == 0 ? 3f * i * i : i * i, areas[i]);
            int[] state = [.. Enumerable.Range(i, 6)];
            for (int round = 0; round < rounds; round++)
            {
                switch ((i + round) % 3)
                {
                    case 0:
                        state[0] += i;
                        break;
                    case 1:
                        state[1] *= i;
                        break;
                    default:
                        state[2] -= i > 20 ? 3 : 0;
                        state[3] = i;
                        break;
                }
            }

            Assert.Equal(state.Aggregate(0, (sum, value) => unchecked(sum * 31 + value)), sums[i]);
        }
    }

    [SkippableTheory]
    [InlineData("-O0")]
    [InlineData("-O3")]
    public void Heap_stack_and_printf_work_for_every_thread_in_order(string optimisation)
    {
        const int blocks = 2, threads = 20, least = 37;
        StringBuilder text = new();
        using EmulatedDevice device = new(
            new EmulatorOptions { MemoryBytes = 64 << 20, HostThreads = 4, Output = part => text.Append(part) });
        using LoadedModule module = device.Load(PtxParser.Parse(ClangCompiler.Compile("heap", optimisation)));
        ulong free = device.FreeMemory, sums = device.Allocate(4 * blocks * threads);
        byte[] arguments = [.. BitConverter.GetBytes(sums), .. BitConverter.GetBytes(least)];
        device.Launch(module.FindKernel("heap")!, new Dim3(blocks, 1, 1), new Dim3(threads, 1, 1), 0, arguments);
        byte[] found = new byte[4 * blocks * threads];
        device.CopyOut(found, sums);
        int Sum(int i) => Enumerable.Range(0, i + 1).Sum(j => j * 7 % (i + 1) * (j * 7 % (i + 1)));
        for (int i = 0; i < blocks * threads; i++)
            Assert.Equal(Sum(i), BitConverter.ToInt32(found, 4 * i));
        Assert.Equal(string.Concat(
            Enumerable.Range(least, blocks * threads - least)
            .Select(i => FormattableString.Invariant($"thread {i}: sum {Sum(i),5}, mean {Sum(i) / (i + 1.0):F2}%\n"))), text.ToString());
        // The kernel freed everything that it allocated.
        Assert.Equal(free - (ulong)found.Length, device.FreeMemory);
    }

    [Theory]
    [InlineData("%d|%5d|%-5d|%05d|%+d|% d|%.3d", "-7|   -7|-7   |-0007|-7|-7|-007")]
    [InlineData("%u|%x|%#X|%o|%hhd|%hu|%i", "4294967289|fffffff9|0XFFFFFFF9|37777777771|-7|65529|-7")]
    public void Integers_are_formatted_as_in_C(string format, string expected)
    {
        Assert.Equal(expected, PrintfFormat.Write(format, _ => 0xFFFFFFF9, _ => "", out int count));
        Assert.Equal(7, count);
    }

    [Theory]
    [InlineData("%f|%.0f|%10.3f|%e|%.2E|%g|%a", "3.250000|3|     3.250|3.250000e+00|3.25E+00|3.25|0x1.ap+1", 3.25)]
    [InlineData("%f|%g|%G|%.3e|%08.2f|%-9.1f|%a",
        "-0.000013|-1.25e-05|-1.25E-05|-1.250e-05|-0000.00|-0.0     |-0x1.a36e2eb1c432dp-17", -1.25e-5)]
    [InlineData("%g|%g|%#g|%+g|% g|%.3g|%F", "1e+20|1e+20|1.00000e+20|+1e+20| 1e+20|1e+20|100000000000000000000.000000", 1e20)]
    [InlineData("%f|%5.1f|%05f|%e|%G|%a|%g", "inf|  inf|  inf|inf|INF|inf|inf", double.PositiveInfinity)]
    public void Floats_are_formatted_as_in_C(string format, string expected, double value) =>
        Assert.Equal(expected, PrintfFormat.Write(format, _ => BitConverter.DoubleToUInt64Bits(value), _ => "", out _));

    [Theory]
    [InlineData("%s|%8s|%-8s|%.2s|%%|%c", "text|    text|text    |te|%|A", 5)]
    [InlineData("%*d|%lld|%p|%zu|%-*d|", "  3|65|0x41|65|65 |", 7)]
    [InlineData("%d %q", "65 ", -1)]
    [InlineData("%d %", "65 ", -1)]
    public void Text_and_widths_are_formatted_as_in_C(string format, string expected, int arguments)
    {
        // A width that is given as an argument is 3, and so is the first value that it is applied to.
        int asked = 0;
        Assert.Equal(expected, PrintfFormat.Write(format, _ => format.StartsWith("%*", StringComparison.Ordinal)
            && asked++ is 0 or 1 or 5 ? 3UL : 65, _ => "text", out int count));
        Assert.Equal(arguments, count);
    }

    [Fact]
    public void A_failed_assertion_has_the_same_text_as_in_C()
    {
        const string text = """
            .version 7.8
            .target sm_80
            .address_size 64
            .extern .func __assertfail(.param .b64 a, .param .b64 b, .param .b32 c, .param .b64 d, .param .b64 e);
            .global .align 1 .b8 message[6] = {110, 32, 62, 32, 48, 0};
            .global .align 1 .b8 file[5] = {97, 46, 99, 117, 0};
            .visible .entry op(.param .u64 out)
            {
            .reg .b64 %rd<4>;
            mov.u64 %rd1, message; cvta.global.u64 %rd1, %rd1;
            mov.u64 %rd2, file; cvta.global.u64 %rd2, %rd2;
            {
                .param .b64 a; .param .b64 b; .param .b32 c; .param .b64 d; .param .b64 e;
                st.param.b64 [a], %rd1; st.param.b64 [b], %rd2; st.param.b32 [c], 12; st.param.b64 [d], %rd1; st.param.b64 [e], 1;
                call.uni __assertfail, (a, b, c, d, e);
            }
            ret;
            }
            """;
        EmulatorException error = Assert.Throws<EmulatorException>(
            () => EmulatedKernel.Run(text, "op", (1, 1, 1), (1, 1, 1), 0, new uint[1]));
        Assert.Equal(CudaError.Assert, error.Code);
        Assert.Contains("a.cu:12: n > 0: assertion `n > 0' failed", error.Message, StringComparison.Ordinal);
    }
}
