using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

public class OpcodeExecutionTests
{
    private const int Threads = 1536;
    private const int SlotsPerThread = 4;

    public static TheoryData<int, string> Forms()
    {
        TheoryData<int, string> data = [];
        for (int i = 0; i < OpcodeFormTests.Forms.Length; i++)
            data.Add(i, OpcodeFormTests.Forms[i].Code);
        return data;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_gives_the_result_of_the_reference(int index, string code)
    {
        OpcodeForm form = OpcodeFormTests.Forms[index];
        ulong[][] cases = OpcodeValues.Cases(form.Sources, Threads, new Random(index));
        ulong[] sources = new ulong[Threads * SlotsPerThread], results = new ulong[Threads];
        for (int i = 0; i < Threads; i++)
            cases[i].CopyTo(sources, i * SlotsPerThread);
        EmulatedKernel.Run(OpcodeKernel.Create(form), "op", (Threads / 256, 1, 1), (256, 1, 1), 0, sources, results);
        int compared = 0;
        for (int i = 0; i < Threads; i++)
        {
            if (form.Reference(cases[i]) is not { } expected)
                continue;
            compared++;
            Assert.True(form.Agrees(results[i], expected),
                $"{code} of {string.Join(", ", cases[i].Select(bits => $"0x{bits:X}"))} (seed {index}): found 0x{results[i]:X}, expected "
                + $"0x{expected:X}");
        }

        Assert.True(compared > Threads / 16, $"{code}: only {compared} of {Threads} cases have a result that the ISA specifies");
    }
}
