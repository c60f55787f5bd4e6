using DdmNative.Attribution.Sharding;

namespace DdmNative.Attribution.Tests.Sharding;

/// <summary>Keeps pieces where a test can look at them.</summary>
internal sealed class Memory : IPartialResults
{
    public Dictionary<string, double[]> Values { get; } = [];

    public double[]? Find(string name) => Values.GetValueOrDefault(name);

    public void Keep(string name, double[] values) => Values[name] = values;
}
