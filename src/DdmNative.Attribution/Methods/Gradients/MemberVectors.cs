using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// y_e ← y_e + a_e·x_e and ⟨a_e, b_e⟩ with a number for each member: the operations of an iterative solver besides products. A step of SGD
/// without momentum is one of them.
/// </summary>
internal sealed class MemberVectors : IDisposable
{
    private readonly Device _device;
    private readonly Tensor _scratch, _scale, _dot;

    /// <param name="device">The device of the vectors.</param>
    /// <param name="shape">[E, 1, P].</param>
    public MemberVectors(Device device, TensorShape shape)
    {
        _device = device;
        _scratch = device.Allocate(shape);
        _scale = device.Allocate(TensorShape.Vector(shape.Members, 1));
        _dot = device.Allocate(TensorShape.Vector(shape.Members, 1));
    }

    /// <summary>y_e ← y_e + a_e·x_e.</summary>
    public void Add(Tensor y, ReadOnlySpan<double> a, Tensor x)
    {
        var rates = new float[a.Length];
        for (int e = 0; e < rates.Length; e++)
            rates[e] = (float)-a[e];
        _scale.Upload(rates);
        _device.Sgd.Step(y, _scratch, x, _scale, 0);
    }

    /// <summary>⟨a_e, b_e⟩.</summary>
    public double[] Dot(Tensor a, Tensor b)
    {
        _device.Reduction.Dot(a, b, _dot);
        return Array.ConvertAll(_dot.ToArray(), value => (double)value);
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _scale.Dispose();
        _dot.Dispose();
    }
}
