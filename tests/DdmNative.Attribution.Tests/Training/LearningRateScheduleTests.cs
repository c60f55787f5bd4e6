using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class LearningRateScheduleTests
{
    private static readonly TrainingOptions Cosine = new(0.02f);
    private static readonly TrainingOptions OneCycle = new(0.5f) { Schedule = LearningRateShape.OneCycle };

    [Theory]
    [InlineData(0, 0.02)]
    [InlineData(1, 0.015)] // ½(1 + cos 60°) = ¾
    [InlineData(2, 0.005)] // ½(1 + cos 120°) = ¼
    public void Three_steps_of_a_cosine_are_at_the_whole_three_quarters_and_a_quarter(int step, float expected)
        => Assert.Equal(expected, LearningRateSchedule.At(step, 3, Cosine), 1e-7f);

    [Fact]
    public void One_cycle_rises_for_a_fifth_of_the_steps_and_falls_to_zero()
        => Assert.Equal([0, 0.25f, 0.5f, 0.4375f, 0.375f, 0.3125f, 0.25f, 0.1875f, 0.125f, 0.0625f], Rates(OneCycle, 10), Near);

    [Fact]
    public void One_cycle_without_a_rise_falls_from_the_first_step()
        => Assert.Equal([0.5f, 0.375f, 0.25f, 0.125f], Rates(OneCycle with { Warmup = 0 }, 4), Near);

    [Fact]
    public void A_cosine_after_a_rise_is_the_cosine_of_the_remaining_steps()
    {
        float[] rates = Rates(Cosine with { Warmup = 0.25f }, 12);
        Assert.Equal([0, 0.02f / 3, 0.04f / 3], rates[..3], Near);
        Assert.Equal(Rates(Cosine, 9), rates[3..], Near);
    }

    /// <summary>The peak lies between two steps: both sides are read off the same lines as np.interp([0, 1.75, 7], [0, 1, 0]).</summary>
    [Fact]
    public void A_peak_between_two_steps_belongs_to_neither()
        => Assert.Equal([0, 0.285714f, 0.476190f, 0.380952f, 0.285714f, 0.190476f, 0.095238f],
            Rates(OneCycle with { Warmup = 0.25f }, 7), Near);

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Steps_outside_the_training_are_refused(int step)
        => Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.At(step, 3, Cosine));

    /// <summary>A rate that rises first has the same length in either direction: the end of training is found from the end.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(4)]
    [InlineData(11)]
    public void The_last_part_of_a_rising_schedule_has_the_length_that_was_asked_for(double length)
    {
        const int Total = 50;
        TrainingOptions recipe = OneCycle with { Momentum = 0 };
        int first = ScheduleLength.StartOfLast(recipe, Total, length);
        Assert.True(ScheduleLength.Between(recipe, Total, first, Total) >= length);
        Assert.True(ScheduleLength.Between(recipe, Total, first + 1, Total) < length);
        Assert.Equal(0.5 * Total / 2, ScheduleLength.Total(recipe, Total), 1e-5); // the area of the triangle
    }

    private static float[] Rates(TrainingOptions recipe, int total)
        => [.. Enumerable.Range(0, total).Select(step => LearningRateSchedule.At(step, total, recipe))];

    private static bool Near(float a, float b) => Math.Abs(a - b) < 1e-6f;
}
