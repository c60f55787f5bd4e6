namespace DdmNative.Compute.Cuda.Plans;

/// <summary>
/// Receives a notification of every kernel that a device runs, for profiles. While one is set, plans launch their kernels one by one
/// instead of their graph.
/// </summary>
public interface ILaunchObserver
{
    void OnRunStarted(IPlan plan);

    /// <summary>A kernel ran; <paramref name="milliseconds"/> are between events before and after it.</summary>
    void OnLaunch(string kernel, int blocks, int threadsPerBlock, float milliseconds);

    void OnRunEnded(IPlan plan);
}
