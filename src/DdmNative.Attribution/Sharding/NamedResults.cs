namespace DdmNative.Attribution.Sharding;

/// <summary>The partial results of a method that another method runs, stored beside the other's under names of their own.</summary>
/// <param name="results">The other method's store.</param>
/// <param name="prefix">Distinguishes the method from all others that are run.</param>
internal sealed class NamedResults(IPartialResults results, string prefix) : IPartialResults
{
    public double[]? Find(string part) => results.Find(NameOf(part));

    public void Keep(string part, double[] values) => results.Keep(NameOf(part), values);

    private string NameOf(string part) => $"{prefix}-{part}";
}
