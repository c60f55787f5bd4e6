using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Checkpoints;

/// <summary>The files of a network that was trained elsewhere: the target, and checkpoints of its training if they exist.</summary>
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

    /// <summary>Reads all files.</summary>
    /// <exception cref="BadInputException">A file is missing or damaged, or the file names do not contain the steps.</exception>
    public static TargetFiles Read(JobTarget target)
    {
        NameMap? map = target.NameMap is null ? null : NameMap.Read(target.NameMap);
        var file = CheckpointFile.Read(target.File, map);
        if (target.Trajectory is null)
            return new TargetFiles(file, null, []);
        if (!Directory.Exists(target.Trajectory))
            throw new BadInputException(target.Trajectory, "folder", "no such folder", "a folder with a checkpoint for each recorded step",
                "Check the path and its spelling.");
        (int Step, string Path)[] steps =
            [.. Checkpoints(target.Trajectory).Order(StringComparer.Ordinal).Select(path => (StepOf(path), path))
                .OrderBy(entry => entry.Item1)];
        if (steps.Length == 0 || steps[0].Step != 0)
            throw new BadInputException(target.Trajectory, "files", steps.Length == 0
                ? "no safetensors file" : $"the first of step {steps[0].Step}, {Path.GetFileName(steps[0].Path)}",
                "the initialisation, step 0, as the first",
                "Name the files by the number of steps, e.g. step-000000.safetensors, step-000500.safetensors.");
        for (int i = 1; i < steps.Length; i++)
        {
            if (steps[i].Step == steps[i - 1].Step)
                throw new BadInputException(target.Trajectory, "files",
                    $"{Path.GetFileName(steps[i - 1].Path)} and {Path.GetFileName(steps[i].Path)}, both of step {steps[i].Step}",
                    "one file for each step", "Remove one of them.");
        }

        return new TargetFiles(file, target.Trajectory, [.. steps.Select(entry => (entry.Step, CheckpointFile.Read(entry.Path, map)))]);
    }

    /// <summary>
    /// Returns the target's own network if it agrees with the job. A setting that has its default value in the job does not have to agree,
    /// unless it was given explicitly.
    /// </summary>
    /// <param name="stated">The network in the job.</param>
    /// <param name="given">Fields that were set explicitly: they must agree even if they have the default value.</param>
    /// <exception cref="BadInputException">The job contradicts the file.</exception>
    public JobNetwork NetworkFor(JobNetwork stated, IReadOnlySet<string> given)
    {
        JobNetwork found = Target.Network();
        if (given.Contains("network.architecture") || stated.Architecture != new JobNetwork().Architecture)
            Require("network.architecture", stated.Architecture, found.Architecture);
        Require("network.width", Text(stated.Width), Text(found.Width));
        Require("network.depth", Text(stated.Depth), Text(found.Depth));
        Require("network.hidden", stated.Hidden is null ? null : string.Join(", ", stated.Hidden),
            found.Hidden is null ? null : string.Join(", ", found.Hidden));
        Require("network.norm", stated.Norm, found.Norm);
        // No tensor shows dropout, the activation, or which norm without running statistics it is.
        return found with { Dropout = stated.Dropout, Activation = stated.Activation, Norm = stated.Norm ?? found.Norm };

        static string? Text(int? value) => value?.ToString(CultureInfo.InvariantCulture);

        void Require(string field, string? value, string? ofFile)
        {
            if (value is not null && ofFile is not null && value != ofFile)
                throw BadInputException.OfJob(field, value, $"{ofFile}, which the network in {Target.Path} has",
                    "Remove the setting: the file determines it.");
        }
    }

    /// <summary>Reads the parameters for a network.</summary>
    /// <param name="network">The target's network on the images in use.</param>
    /// <param name="totalSteps">T: the steps of the job's training.</param>
    /// <exception cref="BadInputException">Tensors do not fit the network, or the trajectory does not end with the target after <paramref
    /// name="totalSteps"/> steps.</exception>
    public ImportedTarget For(Network network, int totalSteps)
    {
        float[] target = Target.Parameters(network);
        if (_folder is null)
            return new ImportedTarget(target, null);
        var trajectory = new Trajectory([.. _trajectory.Select(entry => new Checkpoint(entry.Step, entry.File.Parameters(network)))]);
        if (trajectory.TotalSteps != totalSteps)
            throw new BadInputException(_folder, "last step", Number(trajectory.TotalSteps),
                $"{totalSteps}, the steps of the training in the job",
                "Set the epochs and the batch size of the target's training (training.epochs, training.batch_size), and use all of its "
                + "images.");
        if (!trajectory.Checkpoints[^1].Parameters.AsSpan().SequenceEqual(target))
            throw new BadInputException(_folder, $"step {trajectory.TotalSteps}", "parameters that differ from the target's",
                $"those of {Target.Path}", "Use a target and a trajectory of the same training.");
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

    /// <summary>The last integer in a file's name.</summary>
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
            : throw new BadInputException(path, "file name", "no number of steps", "the number of steps, e.g. step-000500.safetensors",
                "Rename the file.");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
