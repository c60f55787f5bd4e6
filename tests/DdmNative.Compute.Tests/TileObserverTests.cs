using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Compute.Tests;

public sealed class TileObserverTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Tiles_cover_every_sample_of_every_member_once_and_do_not_overlap_on_a_worker(int threads)
    {
        const int members = 3, samples = 37;
        using var device = new CpuDevice(threads);
        var observer = new Recorder();
        var shape = new ConvolutionShape(3, 5, 8, 8, 3, 1);
        using Tensor x = device.Allocate(new TensorShape(1, samples, 3, 8, 8)),
            y = device.Allocate(new TensorShape(members, samples, 5, 8, 8));
        using Tensor vector = device.Allocate(TensorShape.Vector(members, shape.FilterLength + 5));
        using Tensor sums = device.Allocate(TensorShape.Vector(members, shape.FilterLength + 5));
        using IPlan plan = device.Record("observed", () =>
        {
            device.Convolution.Forward(shape, x, new Slice(vector, 0, shape.FilterLength), new Slice(vector, shape.FilterLength, 5), y);
            device.Convolution.BackwardFilter(shape, x, y, new Slice(sums, 0, shape.FilterLength), new Slice(sums, shape.FilterLength, 5));
        });
        plan.Run();
        device.TileObserver = observer;
        plan.Run();
        device.TileObserver = null;
        plan.Run();

        Assert.Equal(["started observed", "ended observed"], observer.Runs);
        foreach (string name in (string[])["convolution.forward", "convolution.backward-filter"])
        {
            TileRun[] tiles = [.. observer.Tiles.Where(tile => tile.Call.Name == name)];
            for (int member = 0; member < members; member++)
                Assert.Equal(Enumerable.Range(0, samples),
                    tiles.Where(t => t.Member == member).SelectMany(t => Enumerable.Range(t.FirstSample, t.SampleCount)).Order());
            Assert.All(tiles, tile => Assert.Equal(2.0 * shape.MultiplyAdds, tile.Call.FlopsPerSample));
        }
        Assert.Equal("3×8×8 → 5×8×8", observer.Tiles.First(tile => tile.Call.Name == "convolution.forward").Call.Shape);
        foreach (IGrouping<int, TileRun> worker in observer.Tiles.GroupBy(tile => tile.Worker))
        {
            TileRun[] inOrder = [.. worker.OrderBy(tile => tile.Started)];
            for (int i = 1; i < inOrder.Length; i++)
                Assert.True(inOrder[i - 1].Ended <= inOrder[i].Started);
        }
    }

    private sealed class Recorder : ITileObserver
    {
        private readonly List<TileRun> _tiles = [];

        public List<string> Runs { get; } = [];

        public IReadOnlyList<TileRun> Tiles => _tiles;

        public void OnRunStarted(IPlan plan) => Runs.Add("started " + plan.Name);

        public void OnRunEnded(IPlan plan) => Runs.Add("ended " + plan.Name);

        public void OnTile(in TileRun tile)
        {
            lock (_tiles)
                _tiles.Add(tile);
        }
    }
}
