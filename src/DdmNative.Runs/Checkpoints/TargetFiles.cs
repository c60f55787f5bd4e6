using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Checkpoints;

/// <summary>The files of a network that was trained elsewhere: the target and, where they were kept, checkpoints of its training.</summary>
internal sealed class TargetFiles
{
    private readonly string? _folder;
    private readonly IReadOnlyList<(int Step, CheckpointFile File)> _trajectory;

    private TargetFiles(CheckpointFile target, string? folder, IReadOnlyList<(int Step, CheckpointFile File)> trajectory)
    {
        Target = target;
        _folder = folder;
        _trajectory = trajectory;
    }

    public CheckpointFile Target { get; }

    /// <summary>Reads them all.</summary>
    /// <exception cref="BadInputException">A file is missing or damaged, or the folder's names do not tell the steps.</exception>
    public static TargetFiles Read(JobTarget target)
    {
        NameMap? map = target.NameMap is null ? null : NameMap.Read(target.NameMap);
        var file = CheckpointFile.Read(target.File, map);
        if (target.Trajectory is null)
            return new TargetFiles(file, null, []);
        if (!Directory.Exists(target.Trajectory))
            throw new BadInputException(target.Trajectory, "folder", "no such folder", "a folder with a checkpoint of each recorded step", "Check the path and its spelling.");
        (int Step, string Path)[] steps =
            [.. Checkpoints(target.Trajectory).Order(StringComparer.Ordinal).Select(path => (StepOf(path), path))
                .OrderBy(entry => entry.Item1)];
        if (steps.Length == 0 || steps[0].Step != 0)
            throw new BadInputException(target.Trajectory, "files", steps.Length == 0 ? "no safetensors file" : $"the first of step {steps[0].Step}, {Path.GetFileName(steps[0].Path)}",
                "the initialisation, step 0, as the first", "Name the files by the steps done, e.g. step-000000.safetensors, step-000500.safetensors.");
        for (int i = 1; i < steps.Length; i++)
        {
            if (steps[i].Step == steps[i - 1].Step)
                throw new BadInputException(target.Trajectory, "files", $"{Path.GetFileName(steps[i - 1].Path)} and {Path.GetFileName(steps[i].Path)}, both of step {steps[i].Step}", "one file for each step", "Remove one of them.");
        }

        return new TargetFiles(file, target.Trajectory, [.. steps.Select(entry => (entry.Step, CheckpointFile.Read(entry.Path, map)))]);
    }

    /// <summary>The target's own network, where it agrees with what the job says of it; a setting that the job leaves at its default says nothing.</summary>
    /// <param name="said">What the job says.</param>
    /// <param name="given">Fields that somebody has given a value: these say something even at their default.</param>
    /// <exception cref="BadInputException">The job says something else.</exception>
    public JobNetwork NetworkFor(JobNetwork said, IReadOnlySet<string> given)
    {
        JobNetwork found = Target.Network();
        var unsaid = new JobNetwork();
        Require("network.architecture", said.Architecture, unsaid.Architecture, found.Architecture);
        if (found.Architecture == LeNet.Name)
            return found;
        Require("network.width", said.Width, unsaid.Width, found.Width);
        Require("network.depth", said.Depth, unsaid.Depth, found.Depth);
        return found;

        void Require<T>(string field, T value, T usual, T ofFile)
            where T : notnull
        {
            if ((given.Contains(field) || !value.Equals(usual)) && !value.Equals(ofFile))
                throw BadInputException.OfJob(field, $"{value}", $"{ofFile}, which the network in {Target.Path} has",
                    "Leave the setting out: the file decides.");
        }
    }

    /// <summary>The parameters, for the network that they are of.</summary>
    /// <param name="network">The target's network on the images in use.</param>
    /// <param name="totalSteps">T: the steps of the job's training.</param>
    /// <exception cref="BadInputException">Tensors do not fit the network, or the trajectory is not one that ends with the target after so many steps.</exception>
    public ImportedTarget For(Network network, int totalSteps)
    {
        float[] target = Target.Parameters(network);
        if (_folder is null)
            return new ImportedTarget(target, null);
        var trajectory = new Trajectory([.. _trajectory.Select(entry => new Checkpoint(entry.Step, entry.File.Parameters(network)))]);
        if (trajectory.TotalSteps != totalSteps)
            throw new BadInputException(_folder, "last step", Number(trajectory.TotalSteps), $"{totalSteps}, the steps of the training that the job describes",
                "Give the epochs and the batch size that the target was trained with (training.epochs, training.batch_size), and all of its images.");
        if (!trajectory.Checkpoints[^1].Parameters.AsSpan().SequenceEqual(target))
            throw new BadInputException(_folder, $"step {trajectory.TotalSteps}", "other parameters than the target's", $"those of {Target.Path}", "Use a target and a trajectory of one training.");
        return new ImportedTarget(target, trajectory);
    }

    private static string[] Checkpoints(string folder)
    {
        try
        {
            return Directory.GetFiles(folder, "*.safetensors");
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
            throw new BadInputException(folder, "folder", $"an error ({e.Message})", "a folder that can be read",
                "Check the folder and its permissions.", e);
        }
    }

    /// <summary>The last whole number in a file's name.</summary>
    private static int StepOf(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        int end = name.Length;
        while (end > 0 && !char.IsAsciiDigit(name[end - 1]))
            end--;
        int start = end;
        while (start > 0 && char.IsAsciiDigit(name[start - 1]))
            start--;
        return int.TryParse(name[start..end], NumberStyles.None, CultureInfo.InvariantCulture, out int step)
            ? step
            : throw new BadInputException(path, "file name", "no number of steps", "the steps done, e.g. step-000500.safetensors", "Rename the file.");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
