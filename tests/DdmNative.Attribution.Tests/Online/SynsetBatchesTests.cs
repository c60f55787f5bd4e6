using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Tests.Matching;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

public sealed class SynsetBatchesTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    public void Dispose() => _problem.Dispose();

    [Fact]
    public void A_small_synset_is_looked_at_as_a_whole_in_its_own_order()
    {
        var batches = new SynsetBatches(256);
        Assert.True(batches.AreWhole);
        (int[] images, float factor) = batches.Of(7);
        Assert.Equal(Enumerable.Range(0, 256), images);
        Assert.Equal(1, factor);
    }

    [Theory]
    [InlineData(300, 218)]
    [InlineData(1000, 65)]
    [InlineData(4000, 64)]
    public void Of_a_large_one_every_image_is_seen_once_a_round(int images, int size)
    {
        var batches = new SynsetBatches(images);
        Assert.Equal(size, batches.Size);
        int steps = (images + size - 1) / size;
        int[][] round = [.. Enumerable.Range(0, steps).Select(step => batches.Of(step).Images)];
        Assert.Equal(Enumerable.Range(0, images), round.SelectMany(batch => batch).Order());
        Assert.All(Enumerable.Range(0, steps), step => Assert.Equal((float)images / round[step].Length, batches.Of(step).Factor));
    }

    [Fact]
    public void Values_are_picked_by_row_and_image_and_a_short_batch_ends_in_zeros()
    {
        var batches = new SynsetBatches(300);
        float[] values = [.. Enumerable.Range(0, 2 * 300 * 2).Select(i => (float)i)];
        float[] picked = batches.Pick(values, rows: 2, length: 2, [299, 0], factor: 2);
        Assert.Equal(2 * batches.Size * 2, picked.Length);
        Assert.Equal([2 * 598f, 2 * 599f, 0, 2, 0, 0], picked[..6]);
        Assert.Equal([2 * 1198f, 2 * 1199f, 2 * 600f, 2 * 601f, 0, 0], picked[(batches.Size * 2)..(batches.Size * 2 + 6)]);
    }

    [Theory]
    [InlineData("repair")]
    [InlineData("replay")]
    [InlineData("push")]
    [InlineData("controlled-replay")]
    public void Models_of_a_large_synset_have_the_same_bits_in_any_wave_and_resemble_those_of_the_whole(string mode)
    {
        // Sixty copies of one image a group are the same synset as one, so that the whole of it is known.
        OnlineContext one = OnlineModeTests.Context(_problem, mode);
        OnlineContext many = one
            with { Synset = Copies(one.Synset, 60),
            Phases = [.. one.Phases.Select(phase => phase with { Synset = Copies(phase.Synset, 60) })] };
        Assert.True(many.Synset.Count > SynsetBatches.LargestWhole);

        IOnlineMode walked = OnlineModeTests.Mode(_problem, mode);
        PerturbedModels together = walked.Run(many), alone = walked.Run(many with { Wave = 1 }), whole = walked.Run(one);

        Assert.Equal(together.Parameters, alone.Parameters);
        for (int g = 0; g < together.Removals.Count; g++)
            Assert.True(Cosine(Moved(together, g), Moved(whole, g)) > 0.8, $"group {g}: {Cosine(Moved(together, g), Moved(whole, g))}");
    }

    private static float[] Moved(PerturbedModels models, int g)
        => [.. models[g].ToArray().Zip(models.Control, (model, control) => model - control)];

    private static double Cosine(float[] a, float[] b) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(a, b);

    /// <summary>The synset with every image many times.</summary>
    private static Synset Copies(Synset synset, int times)
    {
        int perGroup = synset.PerGroup * times;
        float[] Repeat(float[] values, int length)
            => [.. Enumerable.Range(0, synset.Count).SelectMany(i => Enumerable.Repeat(values[(i * length)..((i + 1) * length)], times))
                .SelectMany(value => value)];
        return new Synset(synset.Image, synset.Classes, Repeat(synset.Images, synset.ImageLength), Repeat(synset.Labels, synset.Classes),
            Synset.GroupsOf(synset.GroupCount, perGroup));
    }
}
