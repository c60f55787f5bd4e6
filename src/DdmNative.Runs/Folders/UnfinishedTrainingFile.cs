using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Folders;

/// <summary><c>target.partial.npz</c>: a training of the target that was interrupted, with the stage's key in it, so that one of other settings is not taken up; gone when the target is there.</summary>
internal sealed class UnfinishedTrainingFile(StageContext context)
{
    public const string FileName = "target.partial.npz";

    /// <summary>The training to go on with; null where there is none of this key, or it is damaged.</summary>
    /// <param name="onDamage">Told that the file is damaged.</param>
    public UnfinishedTraining? Find(Action<string>? onDamage = null)
    {
        UnfinishedTraining? training = KeyedFile.Find(context.Folder.PathOf(FileName), context.Key, Read, out bool damaged);
        if (damaged)
            onDamage?.Invoke($"{FileName} is damaged; the training begins again.");
        return training;
    }

    private static UnfinishedTraining? Read(NpzContents file)
    {
        int[] steps = file.Elements<int>("checkpoint_steps");
        float[] parameters = file.Elements<float>("parameters"), checkpoints = file.Elements<float>("checkpoints"), losses = file.Elements<float>("losses");
        float[] velocity = file.Elements<float>("velocity");
        int length = parameters.Length;
        if (velocity.Length != length || checkpoints.Length != (long)steps.Length * length)
            return null;
        return new UnfinishedTraining(losses.Length, parameters, velocity,
            [.. steps.Select((step, i) => new Checkpoint(step, checkpoints[(i * length)..((i + 1) * length)]))], losses);
    }

    /// <summary>Keeps a training, in place of what was kept before.</summary>
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
