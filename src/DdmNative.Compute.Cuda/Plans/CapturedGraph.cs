using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Compute.Cuda.Plans;

/// <summary>Creates an executable graph of launches by stream capture.</summary>
internal static class CapturedGraph
{
    /// <summary>
    /// Captures these launches, in order, as a graph. Their kernels are already loaded: during a capture the driver may refuse to load.
    /// </summary>
    /// <exception cref="CudaException">The driver refuses a launch or the graph; the capture has ended then.</exception>
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

    /// <summary>After a failed launch, ends the capture; the driver's report that the capture is invalid is expected.</summary>
    private static void Abandon(ICudaDriver driver, nint stream) => Teardown.Attempt(() =>
    {
        if (driver.EndCapture(stream) is nint graph and not 0)
            driver.DestroyGraph(graph);
    });
}
