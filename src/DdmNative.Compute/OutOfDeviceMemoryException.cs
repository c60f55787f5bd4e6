using System.Globalization;

namespace DdmNative.Compute;

/// <summary>What a device's memory held when it ran out, in bytes.</summary>
/// <param name="UsedBytes">Allocated for this process's tensors and plans.</param>
/// <param name="FreeBytes">Free on the device.</param>
/// <param name="TotalBytes">The device's total memory.</param>
public sealed record DeviceMemoryUse(long UsedBytes, long FreeBytes, long TotalBytes);

/// <summary>A device could not provide the memory that a tensor or a plan needs.</summary>
public sealed class OutOfDeviceMemoryException : Exception
{
    public OutOfDeviceMemoryException(string device, long requestedBytes, Exception? inner = null)
        : this(device, requestedBytes, null, inner)
    {
    }

    public OutOfDeviceMemoryException(string device, long requestedBytes, DeviceMemoryUse? use, Exception? inner)
        : base(
            $"Device {device} cannot allocate another {Mebibytes(requestedBytes)} MiB{Use(use)}. "
            + "Lower the ensemble's wave size (--wave), the network's width or the batch.", inner)
    {
        (RequestedBytes, MemoryUse) = (requestedBytes, use);
    }

    public long RequestedBytes { get; }

    /// <summary>How the memory was used; null if the device does not know.</summary>
    public DeviceMemoryUse? MemoryUse { get; }

    private static string Use(DeviceMemoryUse? use)
        => use is null ? "" : $" ({Mebibytes(use.UsedBytes)} MiB in use by this run, {Mebibytes(use.FreeBytes)} of "
            + $"{Mebibytes(use.TotalBytes)} MiB free)";

    private static string Mebibytes(long bytes) => (bytes / (1024.0 * 1024.0)).ToString("F1", CultureInfo.InvariantCulture);
}
