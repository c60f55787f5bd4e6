using DdmNative.Compute.Cpu;
using DdmNative.Compute.Split;
using Xunit;

namespace DdmNative.Compute.Tests;

public sealed class SplitDeviceTests : IDisposable
{
    private readonly SplitDevice _device = new([new CpuDevice(1), new CpuDevice(1), new CpuDevice(1)]);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void What_is_uploaded_is_downloaded(int members)
    {
        float[] values = [.. Enumerable.Range(0, members * 24).Select(i => (float)i)];

        using Tensor tensor = _device.Upload(new TensorShape(members, 2, 3, 2, 2), values);

        Assert.Equal(values, tensor.ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void Every_member_is_on_one_device_and_the_devices_differ_by_one_member_at_most(int members)
    {
        MemberRange[] shares = [.. Enumerable.Range(0, 3).Select(device => _device.MembersOf(device, members))];

        Assert.Equal(Enumerable.Range(0, members), shares.SelectMany(share => Enumerable.Range(share.First, share.Count)));
        Assert.InRange(shares.Max(share => share.Count) - shares.Min(share => share.Count), 0, 1);
    }

    [Fact]
    public void A_plan_inside_a_plan_and_an_empty_plan_are_refused_by_name()
    {
        Assert.Contains("inner",
            Assert.Throws<InvalidOperationException>(() => _device.Record("outer", () => _device.Record("inner", () => { }))).Message,
            StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<InvalidOperationException>(() => _device.Record("empty", () => { })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void One_device_is_no_company()
    {
        using var alone = new CpuDevice(1);

        Assert.Contains("expected two or more", Assert.Throws<ArgumentException>(() => new SplitDevice([alone])).Message,
            StringComparison.Ordinal);
    }
}
