using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

public class BranchingProgramTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public void Random_programs_give_each_threads_own_values_with_the_fewest_possible_warp_instructions(int first)
    {
        for (int seed = first; seed < first + 100; seed++)
        {
            Random random = new(seed);
            BranchingProgram program = new(seed);
            int threads = random.Next(3) == 0 ? random.Next(1, 140) : 32 * random.Next(1, 5), blocks = random.Next(1, 5);
            uint[] sources = [.. Enumerable.Range(0, BranchingProgram.Sources).Select(_ => (uint)random.NextInt64(1L << 32))],
                results = new uint[blocks * threads * BranchingProgram.Values];
            EmulatorOptions options = LaneKernel.Options
                with { HostThreads = random.Next(1, 4), OrderSeed = random.Next(2) == 0 ? null : (ulong)random.Next() };
            KernelCounters kernel;
            try
            {
                kernel = LaneKernel.Run(program.Body(), results, sources, blocks, threads, options: options);
            }
            catch (EmulatorException error)
            {
                throw new InvalidOperationException($"seed {seed}, {blocks} blocks of {threads} threads:\n{program.Body()}", error);
            }

            long lanes = 0, warps = 0;
            for (int block = 0; block < blocks; block++)
            {
                (uint[] expected, long blockLanes, long blockWarps) = program.Evaluate(block, threads, sources);
                uint[] found = results.AsSpan(block * expected.Length, expected.Length).ToArray();
                Assert.True(
                    expected.AsSpan().SequenceEqual(found),
                    $"seed {seed}, block {block} of {threads} threads: unexpected values of\n{program.Body()}");
                lanes += blockLanes;
                warps += blockWarps;
            }

            Assert.True(lanes == kernel.Totals.LaneInstructions,
                $"seed {seed}: {kernel.Totals.LaneInstructions} lane instructions, expected {lanes} in {blocks} blocks of {threads} "
                + $"threads of\n{program.Body()}");
            Assert.True(warps == kernel.Totals.WarpInstructions,
                $"seed {seed}: {kernel.Totals.WarpInstructions} warp instructions, expected {warps} in {blocks} blocks of {threads} "
                + $"threads of\n{program.Body()}");
        }
    }
}
