using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// (C + λI)·v_e for several directions at once along the ensemble axis; C is the Hessian of the mean training loss or its Gauss–Newton part
/// JᵀH_zJ (Schraudolph 2002), which is positive semidefinite. Summed over chunks of samples on the device.
/// </summary>
/// <remarks>
/// Gauss–Newton: ż = Jv (forward tangents), δ̇ = w·p ⊙ (ż − ⟨p, ż⟩), then one backward pass. Hessian: forward over reverse
/// (docs/mathematics.md).
/// </remarks>
internal sealed class CurvatureProducts : IDisposable
{
    /// <summary>Samples of one pass. It does not depend on E, because it affects the last bits of a sum.</summary>
    private const int Chunk = 64;

    private readonly Device _device;
    private readonly List<IDisposable> _owned = [];
    private readonly Tensor _parameters, _indices, _weights, _partial;
    private readonly Tensor _direction, _product;
    private readonly SampleBatch _images, _labels;
    private readonly IPlan _plan;
    private readonly double _damping;
    private readonly int _chunk;

    /// <param name="context">The request.</param>
    /// <param name="members">E.</param>
    /// <param name="isHessian">Whether C is the whole Hessian.</param>
    /// <param name="damping">λ.</param>
    public CurvatureProducts(MethodContext context, int members, bool isHessian, double damping)
    {
        Device device = _device = context.Device;
        Network network = context.Network;
        _damping = damping;
        _chunk = Math.Min(Chunk, context.Train.Count);
        TensorShape vector = TensorShape.Vector(members, network.ParameterCount);
        var logits = new TensorShape(1, _chunk, network.Classes);
        _parameters = Own(device.Upload(vector.WithMembers(1), context.Target));
        _direction = Own(device.Allocate(vector));
        _product = Own(device.Allocate(vector));
        _partial = Own(device.AllocateTransient(vector));
        _indices = Own(device.Allocate(new TensorShape(1, _chunk, 1)));
        _weights = Own(device.Allocate(new TensorShape(1, _chunk, 1)));
        _images = Own(new SampleBatch(device, context.TrainSet.Samples, members: 1, _chunk));
        _labels = Own(new SampleBatch(device, context.TrainSet.LabelVectors, members: 1, _chunk));
        (Tensor images, Tensor labels) = (_images.Values, _labels.Values);
        if (isHessian)
        {
            var hessian = new HessianVectorProduct(device, network, members, _chunk);
            _owned.Add(hessian);
            _plan = device.Record("Hessian-vector products", () =>
            {
                _images.Record(_indices);
                _labels.Record(_indices);
                hessian.Evaluate(_parameters, images, labels, _weights, _direction, null, _partial);
                device.LinearCombination.Combine(1, _product, 1, _partial, _product);
            });
            return;
        }

        var pass = new NetworkPass(device, network, members, _chunk);
        _owned.Add(pass);
        Tensor cotangent = Own(device.AllocateTransient(logits.WithMembers(members)));
        _plan = device.Record("Gauss-Newton-vector products", () =>
        {
            _images.Record(_indices);
            _labels.Record(_indices);
            pass.Forward(_parameters, images);
            pass.ForwardTangent(_parameters, _direction, images, null);
            device.SoftmaxCrossEntropy.BackwardTangent(pass.Output, pass.OutputTangent, labels, _weights, cotangent);
            pass.Backward(_parameters, images, cotangent, _partial, null);
            device.LinearCombination.Combine(1, _product, 1, _partial, _product);
        });
    }

    /// <summary>v, to be set before <see cref="Run"/>, [E, 1, P].</summary>
    public Tensor Direction => _direction;

    /// <summary>(C + λI)v, [E, 1, P].</summary>
    public Tensor Product => _product;

    /// <summary>The memory that it needs.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int members)
        => new(("curvature products", MemoryEstimate.Vectors(context.Network, 3L * members)),
            ("passes", MemoryEstimate.Pass(context.Network, members, Math.Min(Chunk, context.Train.Count), tangents: true)));

    /// <summary>Computes the products on these training samples with equal weights.</summary>
    public void Run(ReadOnlySpan<int> samples)
    {
        _device.LinearCombination.Combine((float)_damping, _direction, 0, _direction, _product);
        var indices = new float[_chunk];
        var weights = new float[_chunk];
        for (int first = 0; first < samples.Length; first += _chunk)
        {
            for (int n = 0; n < _chunk; n++)
                (indices[n], weights[n]) = first + n < samples.Length ? (samples[first + n], 1f / samples.Length) : (0, 0);
            _indices.Upload(indices);
            _images.Load(indices);
            _labels.Load(indices);
            _weights.Upload(weights);
            _plan.Run();
        }
    }

    public void Dispose()
    {
        _plan.Dispose();
        _owned.ForEach(part => part.Dispose());
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
