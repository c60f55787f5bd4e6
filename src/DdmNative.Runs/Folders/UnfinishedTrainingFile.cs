using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>target.partial.npz</c>: an interrupted training of the target with the stage's key, so that a training with other settings is not
/// resumed. Removed when the target is finished.
/// </summary>
internal sealed class UnfinishedTrainingFile(StageContext context)
{
    public const string FileName = "target.partial.npz";

    /// <summary>Reads the training to resume; null if there is none with this key, or it is damaged.</summary>
    /// <param name="onDamage">Called if the file is damaged.</param>
    public UnfinishedTraining? Find(Action<string>? onDamage = null)
    {
        UnfinishedTraining? training = KeyedFile.Find(context.Folder.PathOf(FileName), context.Key, Read, out bool damaged);
        if (damaged)
            onDamage?.Invoke($"{FileName} is damaged; the training starts again.");
        return training;
    }

    private static UnfinishedTraining? Read(NpzContents file)
    {
        int[] steps = file.Elements<int>("checkpoint_steps");
        float[] parameters = file.Elements<float>("parameters"), checkpoints = file.Elements<float>("checkpoints"),
            losses = file.Elements<float>("losses");
        float[] velocity = file.Elements<float>("velocity");
        int length = parameters.Length;
        if (velocity.Length != length || checkpoints.Length != (long)steps.Length * length)
            return null;
        return new UnfinishedTraining(losses.Length, parameters, velocity,
            [.. steps.Select((step, i) => new Checkpoint(step, checkpoints[(i * length)..((i + 1) * length)]))], losses);
    }

    /// <summary>Saves a training, and replaces an existing file.</summary>
    public void Keep(UnfinishedTraining training)
    {
        (int count, int length) = (training.Checkpoints.Count, training.Parameters.Length);
        KeyedFile.Write(context.PathFor(FileName), context.Key,
            ("parameters", new NpyArray(training.Parameters, length)),
            ("velocity", new NpyArray(training.Velocity, length)),
            ("checkpoint_steps", new NpyArray(training.Checkpoints.Select(checkpoint => checkpoint.Step).ToArray(), count)),
            ("checkpoints", new NpyArray(training.Checkpoints.SelectMany(checkpoint => checkpoint.Parameters).ToArray(), count, length)),
            ("losses", new NpyArray(training.BatchLosses, training.Steps)));
    }
}
