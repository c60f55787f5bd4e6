using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs;

/// <summary><c>target.partial.npz</c>: a training of the target that was interrupted, with the stage's key in it, so that one of other settings is not taken up; gone when the target is there.</summary>
internal sealed class UnfinishedTrainingFile(StageContext context)
{
    private const string FileName = "target.partial.npz";

    /// <summary>The training to go on with; null where there is none of this key.</summary>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public UnfinishedTraining? Find()
    {
        string path = context.Folder.PathOf(FileName);
        if (!File.Exists(path))
            return null;
        NpzContents file = Npz.Read(path);
        if (file.Elements<string>("key")[0] != context.Key)
            return null;
        int[] steps = file.Elements<int>("checkpoint_steps");
        float[] parameters = file.Elements<float>("parameters"), checkpoints = file.Elements<float>("checkpoints"), losses = file.Elements<float>("losses");
        int length = parameters.Length;
        return new UnfinishedTraining(losses.Length, parameters, file.Elements<float>("velocity"),
            [.. steps.Select((step, i) => new Checkpoint(step, checkpoints[(i * length)..((i + 1) * length)]))], losses);
    }

    /// <summary>Keeps a training, in place of what was kept before.</summary>
    public void Keep(UnfinishedTraining training)
    {
        (int count, int length) = (training.Checkpoints.Count, training.Parameters.Length);
        Npz.Write(context.PathFor(FileName),
            ("key", new NpyArray(new[] { context.Key }, 1)),
            ("parameters", new NpyArray(training.Parameters, length)),
            ("velocity", new NpyArray(training.Velocity, length)),
            ("checkpoint_steps", new NpyArray(training.Checkpoints.Select(checkpoint => checkpoint.Step).ToArray(), count)),
            ("checkpoints", new NpyArray(training.Checkpoints.SelectMany(checkpoint => checkpoint.Parameters).ToArray(), count, length)),
            ("losses", new NpyArray(training.BatchLosses, training.Steps)));
    }

    /// <summary>The target is there.</summary>
    public void Clear() => File.Delete(context.Folder.PathOf(FileName));
}
