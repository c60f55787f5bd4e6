using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>How a device's name selects a family, tested with a stand-in for one.</summary>
public sealed class DeviceFamilyTests
{
    private readonly ThreadsFamily _family = new();

    [Theory]
    [InlineData("ilgpu")]
    [InlineData("ilgpu:2")]
    public void A_name_finds_its_family_with_or_without_a_device(string device)
    => Assert.Same(_family, DeviceFamilies.Find(device, [_family]));

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda:0,1")]
    [InlineData("ilgpus")]
    [InlineData("")]
    public void Other_names_find_none(string device) => Assert.Null(DeviceFamilies.Find(device, [_family]));

    [Fact]
    public void A_family_that_is_not_built_in_is_an_error_that_says_how_to_build_it()
    {
        var e = Assert.Throws<DeviceException>(() => DeviceFamilies.Find("managedcuda:1", [_family]));

        Assert.Contains("without managedcuda", e.Message, StringComparison.Ordinal);
        Assert.Contains("Build it with -p:GpuPackages=managedcuda", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ilgpu", null, "", "fp32")]
    [InlineData("ilgpu:3", "exact", "3", "exact")]
    public void What_follows_the_colon_and_the_precision_reach_the_family(string device, string? precision, string which, string expected)
    {
        using Device opened = DeviceFamilies.Open(_family, device, precision);

        Assert.Equal((which, expected), _family.Asked);
    }

    [Fact]
    public void A_precision_that_the_family_has_not_is_bad_usage_that_names_those_it_has()
    {
        var e = Assert.Throws<BadUsageException>(() => DeviceFamilies.Open(_family, "ilgpu", "tf32"));

        Assert.Contains("--precision: found 'tf32', expected fp32 or exact", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_build_has_ilgpu_and_every_other_family_is_a_known_opt_in_one()
    {
        Assert.Equal("ilgpu", DeviceFamilies.BuiltIn[0].Name);
        Assert.All(DeviceFamilies.BuiltIn.Skip(1), built => Assert.Contains(built.Name, DeviceFamilies.OptIn));
    }

    private sealed class ThreadsFamily : IDeviceFamily
    {
        public (string Which, string Precision) Asked { get; private set; }

        public string Name => "ilgpu";

        public string Usage => "ilgpu:N";

        public IReadOnlyList<string> CommonNames => ["ilgpu"];

        public IReadOnlyList<string> Precisions => ["fp32", "exact"];

        public IReadOnlyList<DeviceListing> ListDevices() => [new DeviceListing("ilgpu:1", "one thread")];

        public Device Open(string which, string precision)
        {
            Asked = (which, precision);
            return new CpuDevice(1);
        }
    }
}
