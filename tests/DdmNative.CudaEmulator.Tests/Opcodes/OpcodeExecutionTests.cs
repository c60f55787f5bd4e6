using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
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

    [SkippableTheory]
    [MemberData(nameof(Forms))]
    public void Every_form_gives_what_the_reference_gives(int index, string code)
    {
        OpcodeForm form = OpcodeFormTests.Forms[index];
        ulong[][] cases = OpcodeValues.Cases(form.Sources, Threads, new Random(index));
        ulong[] sources = new ulong[Threads * SlotsPerThread], results = new ulong[Threads];
        for (int i = 0; i < Threads; i++)
            cases[i].CopyTo(sources, i * SlotsPerThread);
        try
        {
            EmulatedKernel.Run(OpcodeKernel.Of(form), "op", (Threads / 256, 1, 1), (256, 1, 1), 0, sources, results);
        }
        catch (EmulatorException error) when (error.Message.Contains("cannot be executed by the emulator", StringComparison.Ordinal))
        {
            throw new SkipException(error.Message);
        }

        int compared = 0;
        for (int i = 0; i < Threads; i++)
        {
            if (form.Reference(cases[i]) is not { } expected)
                continue;
            compared++;
            Assert.True(form.Agrees(results[i], expected), $"{code} of {string.Join(", ", cases[i].Select(bits => $"0x{bits:X}"))} (seed {index}): found 0x{results[i]:X}, expected 0x{expected:X}");
        }

        Assert.True(compared > Threads / 16, $"{code}: only {compared} of {Threads} cases have a result that the ISA tells");
    }

    /// <summary>Whether the device loads the form.</summary>
    internal static bool IsExecuted(OpcodeForm form)
    {
        try
        {
            using EmulatedDevice device = new(new EmulatorOptions { MemoryBytes = 1 << 20, HostThreads = 1 });
            using LoadedModule module = device.Load(PtxParser.Parse(OpcodeKernel.Of(form)));
            return true;
        }
        catch (EmulatorException)
        {
            return false;
        }
    }
}
