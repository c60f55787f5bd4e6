using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class BatchOrderTests
{
    [Fact]
    public void Every_epoch_meets_every_sample_once_and_ends_with_a_short_batch()
    {
        var order = new BatchOrder(10, 4, seed: 3);
        Assert.Equal(3, order.StepsPerEpoch);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[][] batches = [.. Enumerable.Range(3 * epoch, 3).Select(step => order.Batch(step).ToArray())];
            Assert.Equal([4, 4, 2], batches.Select(batch => batch.Length));
            Assert.Equal(Enumerable.Range(0, 10), batches.SelectMany(batch => batch).Order());
        }
    }

    [Fact]
    public void Epochs_and_seeds_have_orders_of_their_own_and_a_seed_has_one()
    {
        int[] first = new BatchOrder(100, 100, seed: 3).Batch(0).ToArray();
        Assert.Equal(first, new BatchOrder(100, 100, seed: 3).Batch(0).ToArray());
        Assert.NotEqual(first, new BatchOrder(100, 100, seed: 3).Batch(1).ToArray());
        Assert.NotEqual(first, new BatchOrder(100, 100, seed: 4).Batch(0).ToArray());
    }

    [Fact]
    public void A_batch_is_never_larger_than_the_set()
        => Assert.Equal((5, 1), (new BatchOrder(5, 64, seed: 1).BatchSize, new BatchOrder(5, 64, seed: 1).StepsPerEpoch));

    [Fact]
    public void A_recipe_takes_as_many_steps_as_its_epochs_have_batches_unless_told_otherwise()
    {
        Assert.Equal(504, new TrainingOptions().TotalSteps(4000));
        Assert.Equal(40, (new TrainingOptions() { Steps = 40 }).TotalSteps(4000));
    }
}
