namespace DdmNative.Attribution.Sharding;

/// <summary>
/// The partial results of a method, stored so that an interrupted run resumes: named lists of numbers, of one method with one set of
/// options on one request. The implementation must not return results of another request.
/// </summary>
public interface IPartialResults
{
    /// <summary>The numbers stored under a name, or null.</summary>
    double[]? Find(string name);

    /// <summary>Stores numbers until the method is finished.</summary>
    void Keep(string name, double[] values);
}

/// <summary>Stores nothing.</summary>
public sealed class NothingKept : IPartialResults
{
    public double[]? Find(string name) => null;

    public void Keep(string name, double[] values)
    {
    }
}
