using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Compute.Tests;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_item_of_every_job_runs_exactly_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (int count = 0; count < 200; count++)
        {
            var runs = new int[count];
            pool.Run(count, (_, item) => Interlocked.Increment(ref runs[item]));
            Assert.All(runs, times => Assert.Equal(1, times));
        }
    }

    /// <summary>Each worker owns a workspace, so its number must never be in use twice at the same time.</summary>
    [Fact]
    public void A_worker_runs_one_item_at_a_time()
    {
        using var pool = new WorkerPool(3);
        var busy = new int[3];
        int overlaps = 0;
        pool.Run(500, (worker, _) =>
        {
            if (Interlocked.Increment(ref busy[worker]) != 1)
                Interlocked.Increment(ref overlaps);
            Thread.SpinWait(50);
            Interlocked.Decrement(ref busy[worker]);
        });
        Assert.Equal(0, overlaps);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_items_exception_reaches_the_caller_and_the_pool_goes_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        var thrown = Assert.Throws<NotSupportedException>(() => pool.Run(50, (_, item) =>
        {
            if (item == 20)
                throw new NotSupportedException("item 20");
        }));
        Assert.Equal("item 20", thrown.Message);
        int sum = 0;
        pool.Run(10, (_, item) => Interlocked.Add(ref sum, item));
        Assert.Equal(45, sum);
    }

    [Fact]
    public void A_pool_without_threads_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));
}
