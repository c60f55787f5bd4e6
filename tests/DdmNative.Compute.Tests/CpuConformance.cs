using DdmNative.Compute.Cpu;
using DdmNative.Compute.Tests.Conformance;

namespace DdmNative.Compute.Tests;

public sealed class CpuConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice() => new CpuDevice(1);
}

public sealed class ThreadedCpuConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice() => new CpuDevice(2);
}
