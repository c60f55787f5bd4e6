using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Times PyTorch retraining one model after another, with the script that a PyTorch user would write: <c>pytorch.json</c>.
/// </summary>
internal sealed class PyTorchStage(Job job, PyTorchBaseline baseline) : Stage
{
    public const string StageName = "pytorch";

    /// <summary>The figure with the time of one training.</summary>
    public const string SecondsPerModel = "seconds_per_model";

    private const string FileName = "pytorch.json";

    /// <summary>The script reports the time of this number of epochs, and runs one of them; the reported time is scaled.</summary>
    private const int ScriptEpochs = 8;

    /// <summary>The number of trainings, without different groups; their median is used.</summary>
    private const int Trainings = 3;

    public override string Name => StageName;

    public override string Title => "time PyTorch at the same retraining";

    public override object Settings
        => new { baseline.Threads, job.Network, job.Training.BatchSize, job.Training.Epochs, Script = Fingerprint.OfFile(baseline.Script) };

    public override ShardWork InShard => ShardWork.Merge;

    public override StageResult Run(StageContext context)
    {
        // A temporary file like our own: if the script is killed, the next start removes it.
        string result = AtomicFile.TemporaryNameFor(context.PathFor(FileName));
        string output = Execute(job.Data.Source, result, context);
        if (!File.Exists(result))
            throw new BadInputException(baseline.Script, "PyTorch", output.Trim(), "the time of a training",
                "Install PyTorch for that Python, or remove --compare-pytorch.");
        string text = File.ReadAllText(result);
        using var figures = JsonDocument.Parse(text);
        double seconds = figures.RootElement.GetProperty("seconds_per_training").GetDouble() * job.Training.Epochs / ScriptEpochs;
        AtomicFile.WriteText(context.PathFor(FileName), text);
        return new StageResult([FileName], new Dictionary<string, double> { [SecondsPerModel] = seconds });
    }

    private string Execute(string data, string result, StageContext context)
    {
        int perClass = context.Inputs.Train.Count / context.Inputs.Train.Classes;
        JobNetwork network = job.Network.Complete();
        var start = new ProcessStartInfo(baseline.Python) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (IEnumerable<string>)[
            baseline.Script, "--data", data, "--threads", Text(baseline.Threads), "--width", Text(network.Width ?? 0), "--depth",
            Text(network.Depth ?? 0),
            "--batch", Text(job.Training.BatchSize), "--per-class", Text(perClass), "--count", Text(Trainings), "--epochs", "1", "--json",
            result])
            start.ArgumentList.Add(argument);

        // They would select other BLAS kernels than PyTorch's default.
        start.Environment.Remove("OPENBLAS_CORETYPE");
        start.Environment.Remove("OPENBLAS_L2_SIZE");
        using Process process = StartOrExplain(start);
        using CancellationTokenRegistration stop = context.Stop.Register(() => process.Kill());
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        context.Stop.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? output : errors.Result;
    }

    private Process StartOrExplain(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new BadInputException(baseline.Python, "PyTorch", e.Message, "a Python with PyTorch",
                "Install it, or remove --compare-pytorch.", e);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
