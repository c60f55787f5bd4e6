using System.Globalization;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs;

/// <summary><c>trajectory/step-000504.safetensors</c>: the target's parameters after so many steps of training.</summary>
internal static class TrajectoryFiles
{
    private const string FolderName = "trajectory", Prefix = "step-", Suffix = ".safetensors";

    /// <summary>Writes all checkpoints and returns the files' names in the run's folder.</summary>
    public static IReadOnlyList<string> Write(StageContext context, Network network, Trajectory trajectory)
    {
        var names = new List<string>();
        foreach (Checkpoint checkpoint in trajectory.Checkpoints)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{FolderName}/{Prefix}{checkpoint.Step:D6}{Suffix}");
            ParameterFile.Write(context.PathFor(name), network, checkpoint.Parameters);
            names.Add(name);
        }

        return names;
    }

    /// <summary>Reads the checkpoints that the training stage has written.</summary>
    public static Trajectory Read(RunFolder folder, Network network)
    {
        IEnumerable<string> names = folder.Record!.Stages.First(stage => stage.Name == Stages.TrainStage.StageName).Files.Keys
            .Where(name => name.StartsWith(FolderName + "/", StringComparison.Ordinal));
        return new Trajectory([.. names.Select(name => new Checkpoint(StepOf(name), ParameterFile.Read(folder.PathOf(name), network))).OrderBy(checkpoint => checkpoint.Step)]);
    }

    private static int StepOf(string name)
        => int.Parse(name.AsSpan(FolderName.Length + 1 + Prefix.Length)[..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture);
}
