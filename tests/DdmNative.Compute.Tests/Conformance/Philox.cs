using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1, 1, 0ul, 0u)]
    [InlineData(3, 1, 77ul, 4u)]
    [InlineData(17, 3, 0xa4093822299f31d0ul, 5u)]
    [InlineData(4099, 3, ulong.MaxValue, 0xfffffff0u)]
    [InlineData(100_003, 2, 0x1_0000_0000ul, 9u)]
    public void Device_fill_equals_the_stream_position_by_position(int length, int members, ulong seed, uint stream)
    {
        const float Low = -0.25f;
        const float High = 1.5f;
        using Workbench bench = Open(new ImageCase(1, length, 1, 1, members, 0, 60));
        Operand values = bench.OutputSlice(TensorShape.Vector(1, length));
        bench.Run(() => bench.Device.Philox.FillUniform(values.Slice, Low, High, seed, stream));
        (float[] filled, _) = values.Split(values.Tensor.ToArray());
        Assert.All(filled, value => Assert.InRange(value, Low, High));
        for (int e = 0; e < members; e++)
            for (int i = 0; i < length; i++)
            {
                double expected = Low + (High - Low) * (double)Philox.Uniform(seed, stream + (uint)e, (ulong)i);
                Assert.Equal(expected, filled[e * length + i], 2e-7);
            }
    }
}
