namespace DdmNative.Compute.Cuda;

/// <summary>
/// No CUDA device can be used: no driver, no device, a driver or device that is too old, or no kernels in this build. The message says what
/// to do.
/// </summary>
public sealed class CudaUnavailableException : DeviceUnavailableException
{
    public CudaUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
