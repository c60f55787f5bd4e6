using System.Runtime.ExceptionServices;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// One device for all the tests of a suite: opening one may be slow (a driver, a module of kernels), and tests must not depend on a fresh
/// one.
/// </summary>
public sealed class DeviceOwner : IDisposable
{
    private Device? _device;
    private ExceptionDispatchInfo? _failure;

    /// <summary>The suite's device. Where it cannot be opened, every call throws what the first one threw, without trying again.</summary>
    public Device Get(Func<Device> create)
    {
        _failure?.Throw();
        try
        {
            return _device ??= create();
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    public void Dispose() => _device?.Dispose();
}
