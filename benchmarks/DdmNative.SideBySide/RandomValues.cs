using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.SideBySide;

/// <summary>Numbers of unit variance (uniform on ±√3): the values do not affect the time, as long as none is special.</summary>
internal static class RandomValues
{
    public static float[] Create(long length, uint seed)
    {
        var values = new float[length];
        float range = MathF.Sqrt(3);
        for (long i = 0; i < length; i++)
            values[i] = range * (2 * Philox.ToUnit(Philox.Bits(seed, 0, (ulong)i)) - 1);
        return values;
    }

    public static Tensor On(Device device, TensorShape shape, uint seed)
    {
        Tensor tensor = device.Allocate(shape);
        // Repeats one sample's values: large tensors are created quickly, and no kernel exploits equal samples.
        float[] sample = Create(shape.SampleLength, seed);
        var values = new float[shape.Length];
        for (long at = 0; at < values.Length; at += sample.Length)
            sample.CopyTo(values, at);
        tensor.Upload(values);
        return tensor;
    }
}
