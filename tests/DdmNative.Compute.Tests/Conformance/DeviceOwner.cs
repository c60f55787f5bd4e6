namespace DdmNative.Compute.Tests.Conformance;

/// <summary>One device for all the tests of a suite: starting one may be slow (a driver, a module of kernels), and tests must not depend on a fresh one.</summary>
public sealed class DeviceOwner : IDisposable
{
    private Device? _device;

    public Device Get(Func<Device> create) => _device ??= create();

    public void Dispose() => _device?.Dispose();
}
