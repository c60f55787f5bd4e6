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

/// <summary>Takes a run to a goal, and reuses what its folder contains.</summary>
public static class Runner
{
    /// <summary>The model that has forgotten some groups, in its run's folder.</summary>
    public const string UnlearnedFile = UnlearnStage.FileName;

    /// <summary>The version of ddm.</summary>
    internal static string Version { get; } = typeof(Runner).Assembly.GetName().Version!.ToString(3);

    /// <summary>Runs the missing stages and summarises the results.</summary>
    /// <param name="folder">The run's folder, created after all inputs have been read and checked.</param>
    /// <param name="job">The job, already checked (<see cref="JobRules"/>).</param>
    /// <param name="goal">The goal.</param>
    /// <param name="settings">The settings that control how the run is carried out.</param>
    /// <param name="device">The device for the kernels.</param>
    /// <param name="listener">The progress listener.</param>
    /// <param name="stop">The cancellation token.</param>
    /// <exception cref="BadInputException">An input is wrong, or the folder is not a run's.</exception>
    /// <exception cref="Attribution.Online.MissingTrajectoryException">A method needs the trajectory of a target that has none.</exception>
    /// <exception cref="DiskException">A file could not be written; finished work is kept.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; finished work is kept.</exception>
    public static RunSummary Run(string folder, Job job, RunGoal goal, RunSettings settings, Device device, IRunListener listener,
        CancellationToken stop)
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
        RunFolder run, RunInputs inputs, Job job, IReadOnlyList<Stage> stages, ShardRecord? shard, PreparedRun? from, RunSettings settings,
        Device device, IRunListener listener, CancellationToken stop)
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
        NoteLeftOut(run, inputs, pipeline, settings, listener);
        RunSummary summary = Summarise(run, inputs, settings);
        run.Save(run.Record! with { Summary = summary with { Run = "." } });
        if (summary.Methods.Count > 0)
            Report.Write(run, inputs, summary);
        if (summary.Evaluation is not null)
            EvaluationReport.Write(run, summary.Evaluation);
        return summary;
    }

    /// <summary>Writes the report of a run again, from the content of its folder.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="places">The current locations of its inputs; the run stores them.</param>
    /// <returns>The path of the report.</returns>
    /// <exception cref="BadInputException">The folder is not a run's, its inputs are missing or have changed, or its attribution is not
    /// finished for them.</exception>
    public static string WriteReport(string folder, InputPlaces places)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(places);
        if (RunFolder.Peek(folder) is null)
            throw new BadInputException(folder, "run folder", "no run.json", "the folder of a run",
                "Check the path, or create a run: ddm attribute --run DIR --data DIR.");
        using RunFolder run = RunFolder.Open(folder);
        Job job = places.Apply(run.Record!.Job);
        RunInputs inputs = RunInputs.Load(job, RunGoal.Train);
        if (run.Record.Data is DataRecord data && data.Sha256 != inputs.Sha256)
            throw new BadInputException(job.Data.Source, "images and labels", $"data that differ from the run's (SHA-256 {inputs.Sha256})",
                $"the run's data ({data.Sha256})", "Specify their location with --data.");
        foreach (StageRecord stage in run.Record.Stages)
        {
            if (Pipeline.ChangedFile(run, stage) is string file)
                throw new BadInputException(run.PathOf(file), "file", "a missing or changed file",
                    "the file of the finished stage " + stage.Name, "Run the command that created the run again: it recomputes the file.");
        }

        RunSummary summary = Summarise(run, inputs, new RunSettings());
        if (summary.Methods.Count == 0)
            throw new BadInputException(folder, "attribution", "none that is finished for the current job and data",
                "a finished attribution", $"Run ddm attribute --run {folder} first.");
        if (places != new InputPlaces())
            run.Save(run.Record with { Job = InputPlaces.Absolute(job), Summary = summary with { Run = "." } });
        Report.Write(run, inputs, summary);
        return run.PathOf(Report.FileName);
    }

    /// <summary>Removes stages of other goals whose files have changed from the record: they must not be summarised.</summary>
    private static void Forget(RunFolder run, Pipeline pipeline, IRunListener listener)
    {
        var changed = new List<StageRecord>();
        foreach (StageRecord stage in run.Record!.Stages)
        {
            if (pipeline.Has(stage.Name) || Pipeline.ChangedFile(run, stage) is not string file)
                continue;
            listener.Note($"{stage.Name}: {file} is missing or has been changed; left out until it is requested again.");
            changed.Add(stage);
        }

        if (changed.Count > 0)
            run.Save(run.Record with { Stages = [.. run.Record.Stages.Except(changed)] });
    }

    /// <summary>
    /// Notes results in the folder that the summary leaves out, because they were computed under other settings: other methods, groups or
    /// data.
    /// </summary>
    private static void NoteLeftOut(RunFolder run, RunInputs inputs, Pipeline pipeline, RunSettings settings, IRunListener listener)
    {
        var whole = new Pipeline(StageList.For(run.Record!.Job, RunGoal.Everything, settings, inputs), inputs.Sha256);
        IReadOnlyDictionary<string, StageRecord> finished = whole.Finished(run.Record);
        string[] left = [.. run.Record.Stages.Select(stage => stage.Name)
            .Where(name => IsResult(name) && whole.Has(name) && !pipeline.Has(name) && !finished.ContainsKey(name))];
        if (left.Length > 0)
            listener.Note($"{string.Join(", ", left)}: computed under other settings (methods, groups or data) than the current ones, "
                + "so the summary leaves it out. Request it again to compute it for these.");
    }

    private static bool IsResult(string stage) => stage is ValidateStage.StageName or UnlearnStage.StageName
        || stage.StartsWith(EvaluationStage.NameOf(""), StringComparison.Ordinal);

    /// <summary>Reads a folder's <c>run.json</c>; null if there is none, or if it is damaged, which opening the folder reports.</summary>
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

    /// <summary>Results of other goals are included if they belong to the current job.</summary>
    private static RunSummary Summarise(RunFolder run, RunInputs inputs, RunSettings settings)
    {
        var whole = new Pipeline(StageList.For(run.Record!.Job, RunGoal.Everything, settings, inputs), inputs.Sha256);
        return new SummaryBuilder(run, inputs, whole.Finished(run.Record)).Build();
    }

    /// <summary>What could change a result's last bits, besides the device.</summary>
    private static string DescribeRuntime()
    {
        string vectors = Vector512.IsHardwareAccelerated ? "512-bit" : Vector256.IsHardwareAccelerated ? "256-bit" : "128-bit";
        return $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {vectors} "
            + $"vectors{(Fma.IsSupported ? ", FMA" : "")}";
    }
}
