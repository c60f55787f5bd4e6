namespace DdmNative.Compute.Cuda.Driver;

/// <summary>Calls that release a resource.</summary>
internal static class Teardown
{
    /// <summary>
    /// Makes a call and ignores a failure. After a fault on the device every call fails with the same error, which the first such call has
    /// reported; a failed release must neither replace that exception nor prevent the release of the rest. Destroying the context frees
    /// everything.
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
