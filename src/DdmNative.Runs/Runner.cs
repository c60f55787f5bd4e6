using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Shards;
using DdmNative.Runs.Stages;
using DdmNative.Compute;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs;

/// <summary>Takes a run to a goal, going on from what its folder holds.</summary>
public static class Runner
{
    /// <summary>The model that has forgotten some groups, in its run's folder.</summary>
    public const string UnlearnedFile = UnlearnStage.FileName;

    /// <summary>The version of ddm.</summary>
    internal static string Version { get; } = typeof(Runner).Assembly.GetName().Version!.ToString(3);

    /// <summary>Does what is missing and sums up what is there.</summary>
    /// <param name="folder">The run's folder; made only once all inputs have been read and found good.</param>
    /// <param name="job">The job, its values checked (<see cref="JobRules"/>).</param>
    /// <param name="goal">How far.</param>
    /// <param name="settings">How.</param>
    /// <param name="device">Where kernels run.</param>
    /// <param name="listener">Who watches.</param>
    /// <param name="stop">The user's wish to interrupt.</param>
    /// <exception cref="BadInputException">An input is wrong, or the folder is not a run's.</exception>
    /// <exception cref="Attribution.Online.MissingTrajectoryException">A method needs the training of a target that came without it.</exception>
    /// <exception cref="DiskException">A file could not be written; what is finished is kept.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; what is finished is kept.</exception>
    public static RunSummary Run(string folder, Job job, RunGoal goal, RunSettings settings, Device device, IRunListener listener, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(device);
        var inputs = RunInputs.Load(job, goal, settings.Given);
        job = inputs.Job;
        IReadOnlyList<Stage> stages = StageList.For(job, goal, settings, inputs, RecordIn(folder));
        foreach (Stage stage in stages)
            stage.Check(inputs);
        PreparedRun? from = settings.From is string prepared ? PreparedRun.Open(prepared, inputs.Sha256, device.Arithmetic) : null;
        using RunFolder run = RunFolder.Open(folder);
        foreach (string note in (IEnumerable<string>)[.. run.Amiss, .. settings.KnowsData ? [] : inputs.Notes])
            listener.Note(note);
        ShardRecord? shard = ShardRun.Begin(run, settings.Shard, goal);
        using Activity? span = RunTelemetry.StartRun(folder, job, goal, device.Description, inputs);
        try
        {
            RunSummary summary = Run(run, inputs, job, stages, shard, from, settings, device, MeteredListener.Around(listener), stop);
            span?.SetStatus(ActivityStatusCode.Ok);
            return summary;
        }
        catch (Exception e)
        {
            RunTelemetry.Failed(span, e);
            throw;
        }
    }

    private static RunSummary Run(
        RunFolder run, RunInputs inputs, Job job, IReadOnlyList<Stage> stages, ShardRecord? shard, PreparedRun? from, RunSettings settings, Device device, IRunListener listener, CancellationToken stop)
    {
        run.Save(new RunRecord
        {
            Version = Version,
            Runtime = DescribeRuntime(),
            Device = device.Description,
            Arithmetic = device.Arithmetic,
            Shard = shard,
            Shards = run.Record?.Shards ?? [],
            Job = InputPlaces.Absolute(job),
            Overrides = settings.Overrides,
            Data = inputs.Describe(),
            Stages = run.Record?.Stages ?? [],
            Summary = run.Record?.Summary,
            Begun = run.Record?.Begun,
        });
        var pipeline = new Pipeline(stages, inputs.Sha256);
        pipeline.Run(run, key => new StageContext(run, job, settings, device, inputs, listener, key, stop), listener, from);

        Forget(run, pipeline, listener);
        TellLeftOut(run, inputs, pipeline, settings, listener);
        RunSummary summary = Summarise(run, inputs, settings);
        run.Save(run.Record! with { Summary = summary with { Run = "." } });
        if (summary.Methods.Count > 0)
            Report.Write(run, inputs, summary);
        if (summary.Evaluation is not null)
            EvaluationReport.Write(run, summary.Evaluation);
        return summary;
    }

    /// <summary>Writes the report of a run again, from what its folder holds.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="places">Where its inputs are now; the run remembers it.</param>
    /// <returns>The report's path.</returns>
    /// <exception cref="BadInputException">The folder is not a run's, its inputs are not there or hold something else, or its attribution is not finished for them.</exception>
    public static string WriteReport(string folder, InputPlaces places)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(places);
        if (RunFolder.Peek(folder) is null)
            throw new BadInputException(folder, "run folder", "no run.json", "the folder of a run", "Check the path, or make a run: ddm attribute --run DIR --data DIR.");
        using RunFolder run = RunFolder.Open(folder);
        Job job = places.Apply(run.Record!.Job);
        RunInputs inputs = RunInputs.Load(job, RunGoal.Train);
        if (run.Record.Data is DataRecord data && data.Sha256 != inputs.Sha256)
            throw new BadInputException(job.Data.Source, "images and labels", $"others than the run's (SHA-256 {inputs.Sha256})",
                $"those that the run was made of ({data.Sha256})", "Name the place where these are with --data.");
        foreach (StageRecord stage in run.Record.Stages)
        {
            if (Pipeline.ChangedFile(run, stage) is string file)
                throw new BadInputException(run.PathOf(file), "file", "nothing, or other bytes than the run has written", "the file of the finished stage " + stage.Name, "Give the command that made the run once more: it makes the file anew.");
        }

        RunSummary summary = Summarise(run, inputs, new RunSettings());
        if (summary.Methods.Count == 0)
            throw new BadInputException(folder, "attribution", "none that is finished for the present job and data", "a finished attribution", $"Run ddm attribute --run {folder} first.");
        if (places != new InputPlaces())
            run.Save(run.Record with { Job = InputPlaces.Absolute(job) });
        Report.Write(run, inputs, summary);
        return run.PathOf(Report.FileName);
    }

    /// <summary>Takes stages of other goals whose files are no longer what they were out of the record: they must not be summed up.</summary>
    private static void Forget(RunFolder run, Pipeline pipeline, IRunListener listener)
    {
        var changed = new List<StageRecord>();
        foreach (StageRecord stage in run.Record!.Stages)
        {
            if (pipeline.Has(stage.Name) || Pipeline.ChangedFile(run, stage) is not string file)
                continue;
            listener.Note($"{stage.Name}: {file} is missing or has been changed; left out until it is asked for again.");
            changed.Add(stage);
        }

        if (changed.Count > 0)
            run.Save(run.Record with { Stages = [.. run.Record.Stages.Except(changed)] });
    }

    /// <summary>
    /// Tells of results in the folder that the summary goes without, for they were found under other settings: of other methods, groups or
    /// data.
    /// </summary>
    private static void TellLeftOut(RunFolder run, RunInputs inputs, Pipeline pipeline, RunSettings settings, IRunListener listener)
    {
        var whole = new Pipeline(StageList.For(run.Record!.Job, RunGoal.Everything, settings, inputs), inputs.Sha256);
        IReadOnlyDictionary<string, StageRecord> finished = whole.Finished(run.Record);
        string[] left = [.. run.Record.Stages.Select(stage => stage.Name)
            .Where(name => IsResult(name) && whole.Has(name) && !pipeline.Has(name) && !finished.ContainsKey(name))];
        if (left.Length > 0)
            listener.Note($"{string.Join(", ", left)}: found under other settings (methods, groups or data) than the run has now, "
                + "so the summary goes without. Ask for it again to have it for these.");
    }

    private static bool IsResult(string stage) => stage is ValidateStage.StageName or UnlearnStage.StageName
        || stage.StartsWith(EvaluationStage.NameOf(""), StringComparison.Ordinal);

    /// <summary>What a folder's <c>run.json</c> holds; null where that is nothing, or damaged, which opening the folder tells.</summary>
    private static RunRecord? RecordIn(string folder)
    {
        try
        {
            return RunFolder.Peek(folder);
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <summary>What other goals have left counts as long as it belongs to the present job.</summary>
    private static RunSummary Summarise(RunFolder run, RunInputs inputs, RunSettings settings)
    {
        var whole = new Pipeline(StageList.For(run.Record!.Job, RunGoal.Everything, settings, inputs), inputs.Sha256);
        return new SummaryBuilder(run, inputs, whole.Finished(run.Record)).Build();
    }

    /// <summary>What could move a result's last bit, beside the device.</summary>
    private static string DescribeRuntime()
    {
        string vectors = Vector512.IsHardwareAccelerated ? "512-bit" : Vector256.IsHardwareAccelerated ? "256-bit" : "128-bit";
        return $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {vectors} vectors{(Fma.IsSupported ? ", FMA" : "")}";
    }
}
