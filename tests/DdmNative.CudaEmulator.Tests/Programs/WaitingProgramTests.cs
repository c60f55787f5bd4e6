using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Programs;

/// <summary>
/// Programs that terminate only if every lane of a warp, warp of a block and block on the device that can run makes progress (CUDA C++
/// Programming Guide, "Independent Thread Scheduling").
/// </summary>
public class WaitingProgramTests
{
    [SkippableTheory]
    [InlineData("-O0", 0, 1, 32)]
    [InlineData("-O0", 1, 1, 32)]
    [InlineData("-O3", 0, 1, 32)]
    [InlineData("-O3", 1, 1, 32)]
    [InlineData("-O0", 0, 3, 70)]
    [InlineData("-O3", 1, 3, 70)]
    public void A_lock_is_taken_by_each_thread_in_turn(string optimisation, int tries, int blocks, int threads)
    {
        int[] held = [0], sum = [0];
        Run("lanelock", optimisation, blocks, threads, held, sum, tries);
        Assert.Equal((0, blocks * threads), (held[0], sum[0]));
    }

    [SkippableTheory]
    [InlineData("-O0", 0, 1)]
    [InlineData("-O0", 1, 0)]
    [InlineData("-O3", 0, 1)]
    [InlineData("-O3", 1, 0)]
    [InlineData("-O3", 5, 31)]
    [InlineData("-O3", 31, 5)]
    public void A_lane_sees_the_flag_that_another_sets(string optimisation, int waiter, int setter)
    {
        int[] flag = [0], seen = [0];
        Run("laneflag", optimisation, 1, 32, flag, seen, waiter, setter);
        Assert.Equal(5, seen[0]);
    }

    [SkippableTheory]
    [InlineData("-O0", 32)]
    [InlineData("-O3", 32)]
    [InlineData("-O0", 96)]
    [InlineData("-O3", 200)]
    public void Threads_are_served_in_the_order_of_their_tickets(string optimisation, int threads)
    {
        int[] served = [0], ticket = [.. Enumerable.Range(0, threads)], order = new int[threads];
        new Random(5).Shuffle(ticket);
        Run("tickets", optimisation, 1, threads, served, ticket, order);
        Assert.Equal(threads, served[0]);
        Assert.All(Enumerable.Range(0, threads), thread => Assert.Equal(thread, order[ticket[thread]]));
    }

    [SkippableTheory]
    [InlineData("-O0", 64)]
    [InlineData("-O3", 64)]
    [InlineData("-O3", 1000)]
    public void A_warp_sees_the_flag_that_another_sets(string optimisation, int threads)
    {
        int[] seen = new int[32];
        Run("warpflag", optimisation, 1, threads, seen);
        Assert.All(seen, value => Assert.Equal(7, value));
    }

    [SkippableTheory]
    [InlineData("-O0", 4, 64)]
    [InlineData("-O3", 4, 64)]
    [InlineData("-O3", 16, 1024)]
    [InlineData("-O3", 100, 32)]
    public void A_grid_barrier_releases_no_block_before_all_have_arrived(string optimisation, int blocks, int threads)
    {
        int[] arrived = [0], first = new int[blocks * threads], second = new int[blocks * threads];
        Run("gridbarrier", optimisation, blocks, threads, arrived, first, second);
        Assert.Equal(2 * blocks, arrived[0]);
        Assert.Equal(Enumerable.Range(0, blocks * threads).Select(i => i * i + 1), first);
        Assert.Equal(Enumerable.Range(0, blocks * threads).Select(i => (i + threads) % first.Length).Select(i => i * i + 1), second);
    }

    [SkippableTheory]
    [InlineData("-O0", 2, 64)]
    [InlineData("-O3", 2, 64)]
    [InlineData("-O3", 40, 96)]
    public void A_loop_that_waits_for_other_blocks_may_contain_barriers(string optimisation, int blocks, int threads)
    {
        int[] arrived = [0], seen = new int[blocks * threads];
        Run("gridloop", optimisation, blocks, threads, arrived, seen);
        Assert.All(seen, value => Assert.Equal(blocks, value));
    }

    [SkippableFact]
    public void A_barrier_of_a_grid_that_does_not_fit_the_device_is_never_released()
    {
        // 16 multiprocessors with two blocks of 1024 threads each.
        const int fitting = 32;
        int[] arrived = [0], first = new int[fitting * 1024], second = new int[fitting * 1024];
        Run("gridbarrier", "-O3", fitting, 1024, arrived, first, second);
        Assert.Equal(2 * fitting, arrived[0]);
        EmulatorException error = Assert.Throws<EmulatorException>(
            () => Run("gridbarrier", "-O3", fitting + 1, 1024, new int[1], new int[(fitting + 1) * 1024], new int[(fitting + 1) * 1024]));
        Assert.Equal(CudaError.LaunchTimeout, error.Code);
        Assert.Contains("wait for a change that no thread makes", error.Message, StringComparison.Ordinal);
    }

    private static void Run(string program, string optimisation, int blocks, int threads, params object[] arguments) =>
        EmulatedKernel.Run(ClangCompiler.Compile(program, optimisation), program, (blocks, 1, 1), (threads, 1, 1), 0, arguments);
}
