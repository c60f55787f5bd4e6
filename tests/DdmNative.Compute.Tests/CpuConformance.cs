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

/// <summary>
/// Caches so small that every layer counts as large: filter banks for all threads, large gradients, results past the caches.
/// </summary>
public sealed class SmallCacheCpuConformance(DeviceOwner owner) : ConformanceSuite(owner)
{
    protected override Device CreateDevice() => new CpuDevice(2, new CpuCaches(4 << 10, 4 << 10, 4 << 10));
}
