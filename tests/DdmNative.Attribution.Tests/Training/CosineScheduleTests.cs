using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class CosineScheduleTests
{
    [Theory]
    [InlineData(0, 0.02)]
    [InlineData(1, 0.015)] // ½(1 + cos 60°) = ¾
    [InlineData(2, 0.005)] // ½(1 + cos 120°) = ¼
    public void Three_steps_are_at_the_whole_three_quarters_and_a_quarter(int step, float expected)
        => Assert.Equal(expected, CosineSchedule.At(step, 3, 0.02f), 1e-7f);

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Steps_outside_the_training_are_refused(int step)
    => Assert.Throws<ArgumentOutOfRangeException>(() => CosineSchedule.At(step, 3, 0.02f));
}
