namespace DdmNative.Compute;

/// <summary>A device could not provide the memory that a tensor or a plan needs.</summary>
public sealed class OutOfDeviceMemoryException : Exception
{
    public OutOfDeviceMemoryException(string device, long requestedBytes, Exception? inner = null)
        : base($"Device {device} has no room for {requestedBytes / (1024.0 * 1024.0):F1} MiB more. Lower the ensemble's wave size (--wave), the network's width or the batch.", inner)
    {
        RequestedBytes = requestedBytes;
    }

    public long RequestedBytes { get; }
}
