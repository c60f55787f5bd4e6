using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class ImageMovesTests
{
    private static readonly TrainingOptions Recipe = new(Seed: 11) { Crop = 2, Flip = true };

    [Fact]
    public void A_move_depends_on_the_seed_the_epoch_and_the_sample_alone()
    {
        int[] samples = [.. Enumerable.Range(0, 64)];
        float[] all = Moves(Recipe, 3, samples);

        Assert.Equal(all[(17 * 3)..(18 * 3)], Moves(Recipe, 3, [40, 17])[3..]);
        Assert.NotEqual(all, Moves(Recipe, 4, samples));
        Assert.NotEqual(all, Moves(Recipe with { Seed = 12 }, 3, samples));
        Assert.Equal(all, Moves(Recipe with { LearningRate = 1, BatchSize = 5, Epochs = 90 }, 3, samples));
    }

    /// <summary>5 × 5 shifts and two sides: 50 moves of probability 1/50, each within five standard deviations of its share.</summary>
    [Fact]
    public void All_moves_are_equally_frequent()
    {
        const int Count = 100_000;
        float[] moves = Moves(Recipe, 0, [.. Enumerable.Range(0, Count)]);
        int[] counts = [.. Enumerable.Range(0, Count)
            .CountBy(n => (moves[3 * n], moves[3 * n + 1], moves[3 * n + 2])).Select(entry => entry.Value)];
        Assert.Equal(50, counts.Length);
        double deviation = Math.Sqrt(Count * 0.02 * 0.98);
        Assert.All(counts, count => Assert.InRange(count, Count / 50 - 5 * deviation, Count / 50 + 5 * deviation));
        Assert.Equal([-2f, -1, 0, 1, 2], Enumerable.Range(0, Count).Select(n => moves[3 * n]).Distinct().Order());
    }

    [Fact]
    public void Without_a_crop_images_are_only_mirrored_and_without_a_flip_only_moved()
    {
        int[] samples = [.. Enumerable.Range(0, 100)];
        Assert.All(Moves(Recipe with { Crop = 0 }, 0, samples).Chunk(3), move => Assert.Equal((0, 0), (move[0], move[1])));
        Assert.All(Moves(Recipe with { Flip = false }, 0, samples).Chunk(3), move => Assert.Equal(0, move[2]));
    }

    [Fact]
    public void Only_images_are_moved()
    {
        Network network = Network.Create(NetworkOptions.ConvNet(new ImageShape(1, 8, 8), classes: 3, width: 5, depth: 2));
        Assert.True(ImageMoves.ApplyTo(network, Recipe));
        Assert.True(ImageMoves.ApplyTo(network, new TrainingOptions { Flip = true }));
        Assert.False(ImageMoves.ApplyTo(network, new TrainingOptions()));
        Assert.False(ImageMoves.ApplyTo(network.Top(network.BlockStart(1)), Recipe));
        Assert.False(ImageMoves.ApplyTo(network.Top(network.HeadStart), Recipe));
        Network ofVectors = Network.Create(
            new NetworkOptions("mlp", Width: 4, Depth: 1, new ImageShape(6, 1, 1), Classes: 3));
        Assert.False(ImageMoves.ApplyTo(ofVectors, Recipe));
    }

    private static float[] Moves(TrainingOptions recipe, int epoch, int[] samples)
    {
        var moves = new float[samples.Length * ImageMoves.PerSample];
        new ImageMoves(recipe).Fill(epoch, samples, moves);
        return moves;
    }
}
