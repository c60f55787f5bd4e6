namespace DdmNative.Attribution.Sharding;

/// <summary>
/// What a method has computed so far, kept so that an interrupted run goes on: named lists of numbers, of one method with one set of options on one request. Whoever
/// keeps them answers for not handing out those of another request.
/// </summary>
public interface IPartialResults
{
    /// <summary>The numbers kept under that name, or null.</summary>
    double[]? Find(string name);

    /// <summary>Keeps numbers until the method is done.</summary>
    void Keep(string name, double[] values);
}

/// <summary>Keeps nothing.</summary>
public sealed class NothingKept : IPartialResults
{
    public double[]? Find(string name) => null;

    public void Keep(string name, double[] values)
    {
    }
}
