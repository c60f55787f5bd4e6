using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Attribution.Tests.Matching;

public sealed class GradientMatcherTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    [Theory]
    [InlineData(MatchingForm.Forward, GradientDistanceKind.Relative)]
    [InlineData(MatchingForm.Forward, GradientDistanceKind.RelativePerLayer)]
    [InlineData(MatchingForm.Forward, GradientDistanceKind.RowCosine)]
    [InlineData(MatchingForm.Reverse, GradientDistanceKind.Relative)]
    [InlineData(MatchingForm.Reverse, GradientDistanceKind.RelativePerLayer)]
    [InlineData(MatchingForm.Reverse, GradientDistanceKind.RowCosine)]
    public void Distance_falls_by_more_than_half_in_twenty_steps(MatchingForm form, GradientDistanceKind distance)
    {
        MatchingOptions options = Options(form) with { Distance = distance, Steps = 21 };
        // Real samples nearly match forward before the first step; noise leaves something to do.
        Synset start = form == MatchingForm.Forward ? SynsetStart.Noise(_problem.Unmatched(2), seed: 1) : _problem.Unmatched(2);
        MatchingResult result = new GradientMatcher(_problem.Device, _problem.Network, options).Match(start, _problem.Last, _problem.Real);
        // A convolution's bias in front of a norm has no gradient; each counts 1 in the distance per layer, always.
        int constant = distance == GradientDistanceKind.RelativePerLayer ? 2 : 0;
        double first = result.Log[0].Distances.Average() - constant;
        double last = result.Log[^1].Distances.Average() - constant;
        Assert.Equal(21, result.Log[^1].Step);
        Assert.True(last < 0.5 * first, $"{first} fell to {last} only");
    }

    [Theory]
    [InlineData(MatchingForm.Forward, 1)]
    [InlineData(MatchingForm.Reverse, -1)]
    public void Matched_gradients_point_where_they_should(MatchingForm form, int sign)
    {
        Synset matched = Match(_problem, Options(form) with { Steps = 100 }, 2).Synset;
        double cosine = Cosine(matched, sign);
        Assert.True(cosine > 0.85, $"mean cosine {cosine}");
    }

    [Fact]
    public void Reverse_matching_with_hard_labels_is_refused()
    {
        var refusal = Assert.Throws<InfeasibleMatchingException>(
            () => Match(_problem, new MatchingOptions(MatchingForm.Reverse, Steps: 2), 1));
        Assert.Contains("reflected", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reverse_matching_with_hard_labels_fails_where_it_is_allowed()
    {
        Synset hard = Match(_problem, new MatchingOptions(MatchingForm.Reverse, Steps: 100, AllowHardLabels: true), 2).Synset;
        Assert.True(Cosine(hard, -1) < 0.5, $"mean cosine {Cosine(hard, -1)}");
    }

    [Fact]
    public void Reflected_labels_turn_a_forward_matched_gradient_into_its_negative()
    {
        Synset forward = Match(_problem, new MatchingOptions(Steps: 20), 2).Synset;
        float[] probabilities = TargetPredictions.Of(_problem.Device, _problem.Network, forward, _problem.Last.Parameters);
        Synset reflected = forward.WithLabels(ReflectedLabels.Of(probabilities, forward.Labels));
        float[] gradients = GradientAgreement.SynsetGradients(_problem.Device, _problem.Network, forward, _problem.Last.Parameters);
        float[] negative = GradientAgreement.SynsetGradients(_problem.Device, _problem.Network, reflected, _problem.Last.Parameters);
        Assert.All(GradientAgreement.Measure(negative, gradients, SmallProblem.GroupCount), agreement =>
        {
            Assert.InRange(agreement.Cosine, -1.0001, -0.9999);
            Assert.InRange(agreement.NormRatio, 0.999, 1.001);
        });
    }

    [Fact]
    public void Matching_gives_the_same_bits_again_and_for_two_threads()
    {
        MatchingOptions options = Options(MatchingForm.Reverse) with { Steps = 6 };
        Synset first = Match(_problem, options, 2).Synset;
        Synset again = Match(_problem, options, 2).Synset;
        using var twoThreads = new SmallProblem(threads: 2);
        Synset threaded = Match(twoThreads, options, 2).Synset;
        Assert.Equal(first.Images, again.Images);
        Assert.Equal(first.Labels, again.Labels);
        Assert.Equal(first.Images, threaded.Images);
        Assert.Equal(first.Labels, threaded.Labels);
    }

    [Fact]
    public void Waves_of_groups_give_the_same_bits_as_all_groups_at_once()
    {
        MatchingOptions options = new(Steps: 5);
        Assert.Equal(Match(_problem, options, 2).Synset.Images, Match(_problem, options with { Wave = 4 }, 2).Synset.Images);
    }

    [Fact]
    public void Random_pairs_match_over_the_trajectory_too()
    {
        MatchingOptions options = Options(MatchingForm.Reverse);
        Checkpoint[] checkpoints = [.. _problem.Trajectory.Checkpoints.TakeLast(8)];
        MatchingResult result = new GradientMatcher(_problem.Device, _problem.Network, options)
            .Match(_problem.Unmatched(2), checkpoints, MatchingSchedule.RandomPairs(checkpoints.Length, 3, 40, 7), _problem.Real);
        double cosine = Cosine(result.Synset, -1);
        Assert.True(cosine > 0.6, $"mean cosine {cosine}");
    }

    [Fact]
    public void Schedule_outside_the_checkpoints_is_refused()
        => Assert.Throws<ArgumentException>(() => new GradientMatcher(_problem.Device, _problem.Network, new MatchingOptions())
            .Match(_problem.Unmatched(1), [_problem.Last], MatchingSchedule.At(1, 3), _problem.Real));

    [Fact]
    public void Each_phase_has_a_synset_that_matches_its_own_checkpoints_best()
    {
        var matcher = new GradientMatcher(_problem.Device, _problem.Network, new MatchingOptions());
        IReadOnlyList<PhaseSynset> phases = PhaseSynsets.Match(matcher, _problem.Unmatched(2), _problem.Trajectory.Checkpoints, 6, 2, 40,
            _problem.Real);
        Assert.Equal([6, 15], phases.Select(phase => phase.FirstStep));
        float[] middle = _problem.Trajectory.At(10);
        float[] real = _problem.Real.At(middle);
        double[] cosines = [.. phases.Select(phase => GradientAgreement.Measure(
            GradientAgreement.SynsetGradients(_problem.Device, _problem.Network, phase.Synset, middle), real, SmallProblem.GroupCount)
            .Average(a => a.Cosine))];
        Assert.True(cosines[0] > cosines[1], string.Join(", ", cosines));
    }

    /// <summary>In waves of four: interrupted in the first, at its end, in the second, and then once more.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(20)]
    public void Interrupted_after_any_step_a_matching_goes_on_to_the_same_bits(int steps)
    {
        MatchingOptions options = Options(MatchingForm.Reverse) with { Steps = 12, Wave = 4, LogEvery = 1 };
        MatchingResult whole = Match(_problem, options, 2);
        var kept = new Memory();
        MatchingResult Go(int stopAfter)
        {
            using var stop = new CancellationTokenSource();
            int logged = 0;
            return new GradientMatcher(_problem.Device, _problem.Network, options) { Kept = kept }
                .Match(_problem.Unmatched(2), _problem.Last, _problem.Real, _ => { if (++logged == stopAfter) stop.Cancel(); }, stop.Token);
        }

        Assert.Throws<OperationCanceledException>(() => Go(steps));
        Assert.Throws<OperationCanceledException>(() => Go(steps + 2));
        MatchingResult goneOn = Go(int.MaxValue);

        Assert.Equal(whole.Synset.Images, goneOn.Synset.Images);
        Assert.Equal(whole.Synset.Labels, goneOn.Synset.Labels);
        Assert.Equal(whole.Log.Select(entry => (entry.FirstGroup, entry.Step, entry.Steps)),
            goneOn.Log.Select(entry => (entry.FirstGroup, entry.Step, entry.Steps)));
        Assert.Equal(whole.Log.SelectMany(entry => entry.Distances), goneOn.Log.SelectMany(entry => entry.Distances));
    }

    public void Dispose() => _problem.Dispose();

    private sealed class Memory : IPartialResults
    {
        private readonly Dictionary<string, double[]> _values = [];

        public double[]? Find(string name) => _values.GetValueOrDefault(name);

        public void Keep(string name, double[] values) => _values[name] = values;
    }

    /// <summary>Reverse matching learns its labels, starting from the target's own predictions.</summary>
    private static MatchingOptions Options(MatchingForm form) => form == MatchingForm.Forward
        ? new MatchingOptions()
        : new MatchingOptions(MatchingForm.Reverse, LearnLabels: true, LabelStart: LabelStart.Soft);

    private static MatchingResult Match(SmallProblem problem, MatchingOptions options, int perGroup)
        => new GradientMatcher(problem.Device, problem.Network, options).Match(problem.Unmatched(perGroup), problem.Last, problem.Real);

    private double Cosine(Synset synset, int sign)
    {
        float[] gradients = GradientAgreement.SynsetGradients(_problem.Device, _problem.Network, synset, _problem.Last.Parameters);
        return sign * GradientAgreement.Measure(gradients, _problem.Real.At(_problem.Last), SmallProblem.GroupCount)
            .Average(agreement => agreement.Cosine);
    }
}
