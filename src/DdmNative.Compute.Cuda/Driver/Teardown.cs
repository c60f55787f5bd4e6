namespace DdmNative.Compute.Cuda.Driver;

/// <summary>Calls that give something back at the end of its life.</summary>
internal static class Teardown
{
    /// <summary>
    /// Makes a call and goes on whatever the driver says: after a fault on the device every call fails with the same error, which its first
    /// victim has reported, and what is given up on the way out must not take the place of the exception that tells it, nor keep the rest
    /// from being given back. The context's end takes everything with it.
    /// </summary>
    public static void Attempt(Action call)
    {
        try
        {
            call();
        }
        catch (CudaException)
        {
        }
    }
}
