using DdmNative.Cli.Output;
using Xunit;

namespace DdmNative.Cli.Tests;

public sealed class WorkRateTests
{
    private readonly WorkRate _rate = new();

    [Fact]
    public void The_rate_is_work_over_time()
    {
        _rate.Begin();
        _rate.At(0, 0);
        Assert.Equal(20, _rate.At(80, 4));
        Assert.Equal(20, _rate.At(160, 8));
    }

    [Fact]
    public void One_slow_step_at_the_start_promises_no_late_end()
    {
        _rate.Begin();
        // Preparation took a minute: 199 such steps would take three hours.
        Assert.Equal(0, _rate.At(1, 60));
        Assert.Equal(0, _rate.At(21, 62));
        Assert.Equal(10, _rate.At(41, 64));
    }

    [Fact]
    public void What_is_found_at_once_does_not_promise_an_early_end()
    {
        _rate.Begin();
        _rate.At(900, 0.01);
        Assert.Equal(1, _rate.At(910, 10.01), 6);
    }

    [Fact]
    public void A_second_loop_of_the_same_stage_begins_anew()
    {
        _rate.Begin();
        _rate.At(1, 1);
        _rate.At(1000, 2);
        Assert.Equal(0, _rate.At(0, 3));
        Assert.Equal(5, _rate.At(20, 7), 6);
    }

    [Fact]
    public void Without_progress_there_is_no_rate()
    {
        _rate.Begin();
        Assert.Equal(0, _rate.At(0, 0));
        Assert.Equal(0, _rate.At(0, 100));
    }
}
