using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Summaries;

/// <summary>Checks whether a job's network fits the images; errors name the field that has to change.</summary>
internal static class NetworkFit
{
    /// <summary>What does not fit; null if everything fits.</summary>
    public static BadInputException? Fault(NetworkOptions options)
        => NetworkRegistry.Find(options.Architecture)?.Fault(options) is NetworkFault fault
            ? BadInputException.OfJob($"network.{fault.Field}", fault.Found, fault.Expected, fault.Remedy)
            : null;
}
