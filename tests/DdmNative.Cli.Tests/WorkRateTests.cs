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
        Assert.Equal(20, _rate.At(10, 0.5));
        Assert.Equal(20, _rate.At(50, 2.5));
    }

    [Fact]
    public void What_was_there_before_is_no_work()
    {
        _rate.Begin();
        _rate.Resumed(100);
        Assert.Equal(4, _rate.At(102, 0.5));
        Assert.Equal(4, _rate.At(110, 2.5));
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
        _rate.At(0, 3);
        Assert.Equal(5, _rate.At(10, 5), 6);
    }

    [Fact]
    public void It_is_never_below_nothing() => Assert.Equal(0, new WorkRate().At(0, 0));
}
