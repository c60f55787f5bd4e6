using DdmNative.Compute.Cuda.Memory;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// How tensors pass between the host and the device: in pieces, one being copied while the previous one is stored.
/// </summary>
public sealed class TransferTests : IDisposable
{
    private readonly HostMemoryDriver _driver = new();
    private readonly CudaDevice _device;

    public TransferTests() => _device = new CudaDevice(_driver, 0, Precision.Fp32, ptx: [0]);

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(524_288L)]
    [InlineData(524_289L)]
    [InlineData((1L << 31) - 1)]
    [InlineData(1L << 31)]
    [InlineData((1L << 33) + 12_345)]
    public void Pieces_follow_each_other_without_a_gap_however_long_a_tensor_is(long length)
    {
        long next = 0;
        foreach (TransferPiece piece in TransferPieces.Cut(length))
        {
            Assert.Equal(next, piece.Start);
            Assert.InRange(piece.Length, 1, TransferPieces.Largest);
            Assert.Equal(1000 + 4 * (ulong)next, piece.Address(1000));
            next += piece.Length;
        }

        Assert.Equal(length, next);
    }

    /// <summary>3 · 10⁹ floats of 3 channels and 1000 × 1000 pixels: sample 999, pixel 999 999, channels 0 to 2.</summary>
    [Fact]
    public void The_place_of_a_float_is_right_beyond_32_bits()
    {
        var shape = new TensorShape(1, 1000, 3, 1000, 1000);

        (long rowMajor, int channels) = ChannelsLast.Pixel(shape, 3_000_000_000 - 3, most: 100);

        Assert.Equal(999L * 3_000_000 + 999_999, rowMajor);
        Assert.Equal(3, channels);
        Assert.Equal((999L * 3_000_000 + 2_999_999, 1), ChannelsLast.Pixel(shape, 3_000_000_000 - 1, most: 1));
    }

    [Fact]
    public void A_tensor_that_no_span_holds_is_refused_by_its_shape()
    {
        using Tensor tensor = _device.AllocateTransient(new TensorShape(3, 1000, 3, 1000, 1000));

        Assert.Contains("[3, 1000, 3, 1000, 1000] holds 9000000000 values; 10 were given", Assert.Throws<ArgumentException>(()
            => tensor.Upload(new float[10])).Message, StringComparison.Ordinal);
        Assert.Contains("[3, 1000, 3, 1000, 1000] holds 9000000000 values; 10 were given", Assert.Throws<ArgumentException>(()
            => tensor.Download(new float[10])).Message, StringComparison.Ordinal);
        Assert.Contains("[3, 1000, 3, 1000, 1000] holds 9000000000 values",
            Assert.Throws<InvalidOperationException>(tensor.ToArray).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(5, 4)]
    public void While_a_piece_is_put_in_its_place_the_next_is_on_its_way(int pieces, int waits)
    {
        var shape = new TensorShape(1, 1, pieces * TransferPieces.Largest - 7);
        float[] values = [.. Enumerable.Range(0, (int)shape.Length).Select(i => (float)i)];
        using Tensor tensor = _device.Upload(shape, values);
        _driver.Synchronize(_device.Stream);
        _driver.CopiesToHostAtWaits.Clear();
        int synchronizations = _driver.Synchronizations;

        Assert.Equal(values, tensor.ToArray());

        // At the n-th wait, which is for piece n, piece n + 1 has been requested, and piece n + 2 has not.
        Assert.Equal(Enumerable.Range(2, waits), _driver.CopiesToHostAtWaits);
        Assert.Equal(pieces, _driver.CopiesToHost);
        Assert.Equal(1, _driver.Synchronizations - synchronizations);
    }

    /// <summary>On a device that copies at once, a piece whose memory was reused too early has the next one's values.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_piece_is_overwritten_before_it_is_read_wherever_in_the_ring_it_lies(bool isEager)
    {
        _driver.IsEager = isEager;
        var random = new Random(7);
        for (int round = 0; round < 12; round++)
        {
            var shape = new TensorShape(1, 1, 1 + random.Next(5 * TransferPieces.Largest));
            float[] values = [.. Enumerable.Range(0, (int)shape.Length).Select(i => (float)(i + round))];
            using Tensor tensor = _device.Upload(shape, values), small = _device.Upload(TensorShape.Vector(1, 3), [1, 2, round]);

            Assert.True(tensor.ToArray().AsSpan().SequenceEqual(values), $"round {round}, {shape.Length} floats");
            Assert.Equal([1, 2, round], small.ToArray());
        }
    }
}
