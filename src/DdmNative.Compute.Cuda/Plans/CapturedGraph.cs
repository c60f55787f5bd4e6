using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Plans;

/// <summary>Makes an executable graph of launches by capturing them from the device's stream.</summary>
internal static class CapturedGraph
{
    /// <summary>
    /// A graph of these launches, one after the other. Their kernels are loaded already: within a capture the driver may refuse to load.
    /// </summary>
    /// <exception cref="CudaException">The driver refuses a launch or the graph; the stream is no longer captured then.</exception>
    public static nint Capture(CudaDevice device, IEnumerable<RecordedLaunch> launches)
    {
        (ICudaDriver driver, nint stream) = (device.Driver, device.Stream);
        driver.BeginCapture(stream);
        try
        {
            foreach (RecordedLaunch launch in launches)
                device.LaunchPlainly(launch);
        }
        catch
        {
            Abandon(driver, stream);
            throw;
        }
        nint graph = driver.EndCapture(stream);
        try
        {
            return driver.Instantiate(graph);
        }
        finally
        {
            Teardown.Attempt(() => driver.DestroyGraph(graph));
        }
    }

    /// <summary>After a failed launch the stream must leave capture mode; that the capture is invalid then is no news.</summary>
    private static void Abandon(ICudaDriver driver, nint stream) => Teardown.Attempt(() =>
    {
        if (driver.EndCapture(stream) is nint graph and not 0)
            driver.DestroyGraph(graph);
    });
}
