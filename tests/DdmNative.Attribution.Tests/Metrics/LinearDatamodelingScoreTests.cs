using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Metrics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Metrics;

public sealed class LinearDatamodelingScoreTests
{
    [Fact]
    public void Predictions_add_up_the_effects_of_the_kept_groups()
    {
        Assert.Equal([3 + 5, 1 + 5, 1 + 3 + 5, 0], LinearDatamodelingScore.Predict([1, 3, 5], [[0], [1], [], [0, 1, 2]]));
        // Predicted 8, 6, 4 against 1, 3, 2: ranks (3, 2, 1) and (1, 3, 2): −½.
        Assert.Equal(-0.5, LinearDatamodelingScore.Compute([1, 3, 5], [[0], [1], [2]], [1, 3, 2]), 1e-12);
    }

    [Fact]
    public void Effects_or_outcomes_that_do_not_vary_have_no_score()
    {
        Assert.Equal(double.NaN, LinearDatamodelingScore.Compute([2, 2, 2], [[0], [1], [2]], [1, 3, 2]));
        Assert.Equal(double.NaN, LinearDatamodelingScore.Compute([1, 3, 5], [[0], [1], [2]], [4, 4, 4]));
    }

    [Fact]
    public void Unknown_or_repeated_groups_and_missing_outcomes_are_refused()
    {
        Assert.Contains("subset 1", Assert.Throws<ArgumentException>(() => LinearDatamodelingScore.Predict([1, 2], [[0], [2]])).Message,
            StringComparison.OrdinalIgnoreCase);
        Assert.Throws<ArgumentException>(() => LinearDatamodelingScore.Predict([1, 2], [[1, 1]]));
        Assert.Throws<ArgumentException>(() => LinearDatamodelingScore.Compute([1, 2], [[0], [1]], [3]));
    }

    [Property]
    public Property A_model_that_is_additive_is_foretold_perfectly(ulong seed)
    {
        var random = new SeededOrder(seed);
        double[] effects = [.. Enumerable.Range(0, 12).Select(_ => random.NextUnit() - 0.5)];
        IReadOnlyList<int[]> removed = RandomSubsets.Draw(effects.Length, RandomSubsets.Half, 30, seed);
        double[] outcomes = [.. removed.Select(subset => Math.Tanh(2 - subset.Sum(g => effects[g])))];
        double score = LinearDatamodelingScore.Compute(effects, removed, outcomes);
        return (Math.Abs(score - 1) < 1e-12).Label($"seed {seed}: {score}");
    }

    [Property]
    public Property Halves_are_halves_each_once_and_a_longer_draw_begins_with_a_shorter_one(ulong seed, byte extra)
    {
        int groups = 6 + extra % 9;
        IReadOnlyList<int[]> drawn = RandomSubsets.Draw(groups, RandomSubsets.Half, 15, seed);
        bool halves = drawn.All(s => s.Length == groups / 2 && s.SequenceEqual(s.Distinct().Order()) && s.All(g => g >= 0 && g < groups));
        bool different = drawn.Select(s => string.Join(',', s)).Distinct().Count() == 15;
        bool prefix = drawn.Take(5).SelectMany(s => s)
            .SequenceEqual(RandomSubsets.Draw(groups, RandomSubsets.Half, 5, seed).SelectMany(s => s));
        return (halves && different && prefix).Label($"seed {seed}, {groups} groups");
    }

    [Theory]
    [InlineData(1000, 0.95, 50)]
    [InlineData(1000, 0.99, 10)]
    [InlineData(7, 0.5, 3)]
    [InlineData(5, 0.999, 1)]
    [InlineData(5, 0.001, 4)]
    public void A_subset_keeps_its_share_of_the_parts(int parts, double keep, int removed)
    {
        Assert.Equal(removed, RandomSubsets.RemovedOf(parts, keep));
        Assert.All(RandomSubsets.Draw(parts, keep, 3, 1), subset => Assert.Equal(removed, subset.Distinct().Count()));
    }

    [Fact]
    public void Another_use_draws_other_subsets()
        => Assert.NotEqual(RandomSubsets.Draw(50, RandomSubsets.Half, 1, 1)[0],
            RandomSubsets.Draw(50, RandomSubsets.Half, 1, 1, SubsetUse.Datamodel)[0]);

    [Fact]
    public void More_halves_than_there_are_is_refused()
    {
        Assert.Equal(6, RandomSubsets.Draw(4, RandomSubsets.Half, 6, 1).Count);
        Assert.Contains("only 6", Assert.Throws<ArgumentOutOfRangeException>(() => RandomSubsets.Draw(4, RandomSubsets.Half, 7, 1)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomSubsets.Draw(1, RandomSubsets.Half, 1, 1));
    }
}
