using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;

namespace DdmNative.Attribution.Tests.Matching;

/// <summary>
/// Three classes of two groups each (bright squares in six places, with noise), a small ConvNet trained on them, everything recorded.
/// </summary>
internal sealed class SmallProblem : IDisposable
{
    public const int GroupCount = 6;

    private const int Side = 8;
    private const ulong Seed = 5;

    public SmallProblem(int threads = 1)
    {
        Device = new CpuDevice(threads);
        Network = Network.Create(new NetworkOptions("convnet", 4, 2, Image, 3));
        Groups = [.. Enumerable.Range(0, 54).Select(sample => sample % 9 % GroupCount)];
        Labels = [.. Groups.Select(group => group / 2)];
        Images = Draw(Groups);
        Set = TrainingSet.Create(Device, Images, new TensorShape(1, Groups.Length, 1, Side, Side), Labels, 3);
        int total = Recipe.TotalSteps(Groups.Length);
        Trajectory = TargetTraining.Run(Device, Network, Set, Recipe, [.. Enumerable.Range(0, total + 1)]).Trajectory;
        Real = new GroupGradients(Device, Network, Set.Images, Set.Labels, Groups, GroupCount, new GroupGradientOptions(Block: 4, Wave: 5));
    }

    public static ImageShape Image => new(1, Side, Side);

    public static TrainingOptions Recipe => new(LearningRate: 0.05f, BatchSize: 18, Epochs: 8, Seed: Seed);

    public Device Device { get; }

    public Network Network { get; }

    public int[] Groups { get; }

    public int[] Labels { get; }

    public float[] Images { get; }

    public TrainingSet Set { get; }

    public Trajectory Trajectory { get; }

    public GroupGradients Real { get; }

    public Checkpoint Last => Trajectory.Checkpoints[^1];

    /// <summary>The first m real samples of each group.</summary>
    public Synset Unmatched(int perGroup)
    {
        int[] samples = [.. Enumerable.Range(0, GroupCount).SelectMany(group
            => Enumerable.Range(0, Groups.Length).Where(sample => Groups[sample] == group).Take(perGroup))];
        return new SynsetStart(Image, 3, Images, Labels).Nearest(samples, perGroup);
    }

    public void Dispose()
    {
        Real.Dispose();
        Set.Dispose();
        Device.Dispose();
    }

    private static float[] Draw(int[] groups)
    {
        var images = new float[groups.Length * Side * Side];
        for (int i = 0; i < images.Length; i++)
        {
            int group = groups[i / (Side * Side)];
            (int y, int x) = (i / Side % Side, i % Side);
            bool bright = y / 4 == group / 3 && x >= group % 3 * 2 && x < group % 3 * 2 + 3;
            images[i] = (bright ? 1.5f : -0.5f) + 0.8f * (Philox.Uniform(Seed, 1, (ulong)i) - 0.5f);
        }
        return images;
    }
}
