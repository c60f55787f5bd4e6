using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

public class StraightLineTests
{
    private const int Programs = 150;
    private const int Length = 80;

    [Fact]
    public void Random_programs_are_read_with_all_their_instructions()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            PtxFunction kernel = PtxParser.Parse(new StraightLineProgram(seed, Length).Text()).Functions[0];
            Assert.True(kernel.Instructions.Count > Length + 2 * StraightLineProgram.RegistersPerThread, $"seed {seed}");
        }
    }

    [SkippableFact]
    public void Random_programs_give_the_results_of_the_reference()
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            StraightLineProgram program = new(seed, Length);
            ulong[] found = new ulong[program.Final.Length];
            EmulatedKernel.Run(program.Text(), "program", (1, 1, 1), (StraightLineProgram.Threads, 1, 1), 0, program.Initial, found);
            for (int i = 0; i < found.Length; i++)
            {
                Assert.True(found[i] == program.Final[i], $"seed {seed}, thread {i / StraightLineProgram.RegistersPerThread}, "
                    + $"{StraightLineProgram.RegisterName(i % StraightLineProgram.RegistersPerThread)}: found 0x{found[i]:X}, expected "
                    + $"0x{program.Final[i]:X}\n{program.Text()}");
            }
        }
    }
}
