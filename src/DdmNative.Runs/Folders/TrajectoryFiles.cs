using System.Globalization;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Folders;

/// <summary><c>trajectory/step-000504.safetensors</c>: the target's parameters after that number of training steps.</summary>
internal static class TrajectoryFiles
{
    private const string FolderName = "trajectory", Prefix = "step-", Suffix = ".safetensors";

    /// <summary>Writes all checkpoints and returns the names of the files in the run's folder.</summary>
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

    /// <summary>Reads the checkpoints that the training stage wrote; null for a target without a trajectory.</summary>
    public static Trajectory? Read(RunFolder folder, Network network)
    {
        string[] names = [.. folder.Record!.Stages.First(stage => stage.Name == Stages.TrainStage.StageName).Files.Keys
            .Where(name => name.StartsWith(FolderName + "/", StringComparison.Ordinal))];
        return names.Length == 0
            ? null
            : new Trajectory([.. names.Select(name => new Checkpoint(StepOf(name), ParameterFile.Read(folder.PathOf(name), network)))
                .OrderBy(checkpoint => checkpoint.Step)]);
    }

    /// <summary>
    /// Reads θ_0, from which partial retraining initialises the retrained layers. For a target without a trajectory, the job's own
    /// initialisation is used: both retrained models, with and without the group, start from it.
    /// </summary>
    public static float[] ReadInitial(StageContext context)
        => Read(context.Folder, context.Inputs.Network)?.Checkpoints[0].Parameters ?? context.Inputs.Network.Initialise(context.Job.Seed);

    /// <summary>Rejects what needs the target's training if the target has no trajectory.</summary>
    /// <exception cref="MissingTrajectoryException">The target has no trajectory.</exception>
    public static void Require(RunInputs inputs, string what)
    {
        if (inputs.Target is { Trajectory: null })
            throw new MissingTrajectoryException(
                $"{what} needs the target's recorded training, but {inputs.Job.Target!.File} has none. Specify its checkpoints with "
                + $"--trajectory DIR (target.trajectory), or use a method that needs only the model: {MethodRegistry.WithoutTraining}.");
    }

    private static int StepOf(string name)
        => int.Parse(name.AsSpan(FolderName.Length + 1 + Prefix.Length)[..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture);
}
