using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests;

/// <summary>
/// Values for tests, a function of the seed: normal numbers that are exactly representable in float32, so that device and reference start
/// from equal values.
/// </summary>
internal sealed class RandomValues(int seed)
{
    private readonly Random _random = new(seed);

    public float Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
        return (float)(radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
    }

    public int Below(int end) => _random.Next(end);

    public T Pick<T>(ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    public DoubleTensor Tensor(TensorShape shape)
    {
        var tensor = new DoubleTensor(shape);
        for (int i = 0; i < tensor.Values.Length; i++)
            tensor.Values[i] = Normal();
        return tensor;
    }

    public DoubleTensor Vector(int members, int length) => Tensor(TensorShape.Vector(members, length));
}
