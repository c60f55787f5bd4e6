using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Online.Baselines;
using DdmNative.Attribution.Tests.Matching;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

public sealed class OnlineModeTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    public static TheoryData<string> Modes => ["repair", "replay", "controlled-replay", "push", "forget", "one-step"];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Ensemble_gives_the_same_bits_as_model_after_model(string mode)
    {
        OnlineContext context = Context(_problem, mode);
        PerturbedModels together = Mode(_problem, mode).Run(context);
        PerturbedModels alone = Mode(_problem, mode).Run(context with { Wave = 1 });
        Assert.Equal(together.Parameters, alone.Parameters);
        Assert.Equal(together.Control, alone.Control);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Two_threads_give_the_same_bits_as_one(string mode)
    {
        using var twoThreads = new SmallProblem(threads: 2);
        Assert.Equal(Mode(_problem, mode).Run(Context(_problem, mode)).Parameters,
            Mode(twoThreads, mode).Run(Context(twoThreads, mode)).Parameters);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Removing_nothing_leaves_the_control(string mode)
    {
        PerturbedModels models = Mode(_problem, mode).Run(Context(_problem, mode) with { Removals = [[]] });
        for (int p = 0; p < models.Control.Length; p++)
            Assert.Equal(models.Control[p], models.Parameters[p], 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Model_without_a_group_does_worse_on_it_than_the_control(string mode)
    {
        PerturbedModels models = Mode(_problem, mode).Run(Context(_problem, mode));
        double[] control = GroupLosses(models.Control);
        double[] effects = [.. Enumerable.Range(0, SmallProblem.GroupCount)
            .Select(group => control[group] - GroupLosses(models[group])[group])];
        Assert.True(effects.Average() < 0, $"effects on the groups' own losses: {string.Join(", ", effects)}");
        Assert.True(effects.Count(effect => effect < 0) >= 5, $"effects on the groups' own losses: {string.Join(", ", effects)}");
    }

    [Fact]
    public void Repair_without_steps_has_no_effect()
    {
        PerturbedModels models = new Repair(new RepairOptions(Steps: 0)).Run(Context(_problem, "repair"));
        Assert.Equal(_problem.Last.Parameters, models.Control);
        for (int group = 0; group < SmallProblem.GroupCount; group++)
            Assert.Equal(_problem.Last.Parameters, models[group].ToArray());
    }

    [Fact]
    public void Push_labels_are_residuals_for_removed_groups_and_predictions_for_the_others()
    {
        var synset = new Synset(new(1, 1, 1), 2, [5, 6], [1, 0, 0, 1], [0, 1]);
        var labels = new float[4];
        Push.FillLabels(synset, [0.75f, 0.25f, 0.5f, 0.5f], [1], labels);
        Assert.Equal([0.75f, 0.25f, 0.5f, -0.5f], labels);
    }

    [Fact]
    public void Forget_pads_smaller_removals_without_touching_them()
    {
        OnlineContext context = Context(_problem, "forget");
        PerturbedModels mixed = new Forget().Run(context with { Removals = [[2], [0, 4, 5]] });
        PerturbedModels single = new Forget().Run(context with { Removals = [[2]] });
        for (int p = 0; p < single.Parameters.Length; p++)
            Assert.Equal(single.Parameters[p], mixed[0][p], 1e-6f);
    }

    [Fact]
    public void Replay_without_a_trajectory_says_what_is_missing()
    {
        OnlineContext context = Context(_problem, "replay");
        Assert.Contains("trajectory",
            Assert.Throws<MissingTrajectoryException>(() => new Replay().Run(context with { Trajectory = null })).Message,
            StringComparison.Ordinal);
        Assert.Contains("training options",
            Assert.Throws<MissingTrajectoryException>(() => new Replay().Run(context with { Recipe = null })).Message,
            StringComparison.Ordinal);
        Assert.Throws<MissingTrajectoryException>(() => new ControlledReplay().Run(context with { Phases = [] }));
    }

    [Fact]
    public void Controlled_replay_refuses_a_trajectory_with_too_few_checkpoints()
    {
        OnlineContext context = Context(_problem, "controlled-replay");
        var sparse = new Trajectory([_problem.Trajectory.Checkpoints[0], _problem.Trajectory.Checkpoints[12], _problem.Last]);
        Assert.Throws<MissingTrajectoryException>(() => new ControlledReplay().Run(context with { Trajectory = sparse }));
    }

    [Fact]
    public void Removal_of_an_unknown_group_is_refused()
        => Assert.Throws<ArgumentException>(() => new Repair().Run(Context(_problem, "repair") with { Removals = [[6]] }));

    [Theory]
    [InlineData("repair")]
    [InlineData("push")]
    public void Unlearning_moves_the_target_by_the_difference_from_the_control(string mode)
    {
        OnlineContext context = Context(_problem, mode);
        float[] unlearned = Unlearning.Remove(Mode(_problem, mode), context, [3, 1, 3]);
        PerturbedModels models = Mode(_problem, mode).Run(context with { Removals = [[1, 3]] });
        for (int p = 0; p < unlearned.Length; p++)
            Assert.Equal(_problem.Last.Parameters[p] + (models.Parameters[p] - models.Control[p]), unlearned[p], 1e-6f);
        double[] before = GroupLosses(_problem.Last.Parameters);
        double[] after = GroupLosses(unlearned);
        Assert.True(after[1] + after[3] > before[1] + before[3]);
    }

    [Fact]
    public void Unlearning_everything_or_nothing_is_refused()
    {
        OnlineContext context = Context(_problem, "repair");
        Assert.Throws<ArgumentException>(() => Unlearning.Remove(new Repair(), context, []));
        Assert.Throws<ArgumentException>(() => Unlearning.Remove(new Repair(), context, [0, 1, 2, 3, 4, 5]));
    }

    [Fact]
    public void Evaluation_tells_the_effect_of_each_group_with_minus_without()
    {
        PerturbedModels models = new Repair().Run(Context(_problem, "repair"));
        using var evaluator = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Images, _problem.Groups.Length);
        var matrix = AttributionMatrix.From(models.Evaluate(evaluator), _problem.Labels, [new Objective(ObjectiveKind.Loss)]);
        for (int group = 0; group < SmallProblem.GroupCount; group++)
        {
            double[] counts = [.. Enumerable.Range(0, SmallProblem.GroupCount)
                .Select(g => (double)_problem.Real.Sizes[g] / _problem.Groups.Length)];
            double[] with = GroupLosses(models.Control);
            double[] without = GroupLosses(models[group]);
            Assert.Equal(counts.Select((share, g) => share * (with[g] - without[g])).Sum(), matrix[0, group], 1e-5);
        }
    }

    [Fact]
    public void Progress_counts_every_step_of_every_wave()
    {
        var steps = new List<(int Done, int Total)>();
        new Repair().Run(Context(_problem, "repair") with { Wave = 3, OnStep = (done, total) => steps.Add((done, total)) });
        int total = 3 * new RepairOptions().Steps;
        Assert.Equal([.. Enumerable.Range(1, total).Select(done => (done, total))], steps);
    }

    public void Dispose() => _problem.Dispose();

    internal static OnlineContext Context(SmallProblem problem, string mode)
    {
        var matcher = new GradientMatcher(problem.Device, problem.Network, new MatchingOptions(Steps: 30));
        Synset synset = matcher.Match(problem.Unmatched(2), problem.Last, problem.Real).Synset;
        if (mode == "forget")
        {
            float[] probabilities = TargetPredictions.Of(problem.Device, problem.Network, synset, problem.Last.Parameters);
            synset = synset.WithLabels(ReflectedLabels.Of(probabilities, synset.Labels));
        }
        return new OnlineContext(problem.Device, problem.Network, problem.Last.Parameters, synset, problem.Real.Sizes)
        {
            Trajectory = problem.Trajectory,
            Recipe = SmallProblem.Recipe,
            Phases = mode == "controlled-replay"
                ? PhaseSynsets.Match(matcher, problem.Unmatched(2), problem.Trajectory.Checkpoints, 6, 2, 20, problem.Real)
                : [],
        };
    }

    internal static IOnlineMode Mode(SmallProblem problem, string mode) => mode switch
    {
        "repair" => new Repair(),
        "replay" => new Replay(),
        "controlled-replay" => new ControlledReplay(),
        "push" => new Push(),
        "forget" => new Forget(),
        _ => new OneStep(problem.Real),
    };

    /// <summary>The mean loss of each group's real samples, in double precision from the network's probabilities.</summary>
    private double[] GroupLosses(ReadOnlySpan<float> parameters)
    {
        var samples = new Synset(SmallProblem.Image, 3, _problem.Images, new float[_problem.Groups.Length * 3],
            Synset.GroupsOf(_problem.Groups.Length, 1));
        float[] probabilities = TargetPredictions.Of(_problem.Device, _problem.Network, samples, parameters);
        return [.. Enumerable.Range(0, SmallProblem.GroupCount).Select(group => Enumerable.Range(0, _problem.Groups.Length)
            .Where(sample => _problem.Groups[sample] == group)
            .Average(sample => -Math.Log(probabilities[sample * 3 + _problem.Labels[sample]])))];
    }
}
