using DdmNative.Attribution.Sharding;
using Xunit;

namespace DdmNative.Attribution.Tests.Sharding;

public sealed class ShardTests
{
    [Theory]
    [InlineData("1/1")]
    [InlineData("3/8")]
    [InlineData("8/8")]
    public void What_is_written_is_read_again(string text) => Assert.Equal(text, Shard.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("0/8")]
    [InlineData("9/8")]
    [InlineData("1/0")]
    [InlineData("-1/8")]
    [InlineData("1/8/8")]
    [InlineData(" 1/8")]
    [InlineData("1/2000000")]
    [InlineData("one/8")]
    public void What_is_no_shard_is_none(string text) => Assert.Null(Shard.Parse(text));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_piece_is_one_shards_and_shards_differ_by_one_at_most(int count)
    {
        Shard[] shards = [.. Enumerable.Range(1, count).Select(index => new Shard(index, count))];
        Assert.All(Enumerable.Range(0, 20), piece => Assert.Single(shards, shard => shard.Owns(piece)));
        int[] sizes = [.. shards.Select(shard => Enumerable.Range(0, 20).Count(shard.Owns))];
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
    }

    [Fact]
    public void A_models_number_is_that_of_its_first_request()
    {
        var numbers = new ModelNumbers();
        Assert.Equal([0, 1, 0, 2, 1], ((string[])["a", "b", "a", "c", "b"]).Select(key => numbers[key]));
    }
}
