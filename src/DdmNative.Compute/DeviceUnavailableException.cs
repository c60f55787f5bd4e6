namespace DdmNative.Compute;

/// <summary>The requested device does not exist on this machine or cannot be opened. The message says why, and what to do.</summary>
public class DeviceUnavailableException : Exception
{
    public DeviceUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
