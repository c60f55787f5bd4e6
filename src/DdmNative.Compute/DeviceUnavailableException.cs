namespace DdmNative.Compute;

/// <summary>A device of the family that was asked for cannot be had on this machine. The message says why, and what to do.</summary>
public class DeviceUnavailableException : Exception
{
    public DeviceUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
