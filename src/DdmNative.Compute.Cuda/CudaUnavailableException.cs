namespace DdmNative.Compute.Cuda;

/// <summary>There is no CUDA device to be had: no driver, no device, too old a driver or device, or no kernels in this build. The message says what to do.</summary>
public sealed class CudaUnavailableException : DeviceUnavailableException
{
    public CudaUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
