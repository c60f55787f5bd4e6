using DdmNative.Compute.Cpu;
using DdmNative.Compute.Split;
using DdmNative.Compute.Tests.Conformance;

namespace DdmNative.Compute.Tests;

/// <summary>Two devices that share the ensemble, tested like any other backend.</summary>
public sealed class SplitConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice() => new SplitDevice([new CpuDevice(1), new CpuDevice(1)]);
}
