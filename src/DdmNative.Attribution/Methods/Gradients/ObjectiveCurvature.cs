using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>∇²F_o(θ)·v of every loss objective along one direction: the objectives are members that share θ, v and the images and differ in which samples weigh.</summary>
internal sealed class ObjectiveCurvature : IDisposable
{
    private const int Chunk = 64;

    private readonly MethodContext _context;
    private readonly List<IDisposable> _owned = [];
    private readonly Tensor _parameters, _direction, _indices, _weights, _product;
    private readonly IPlan _plan;
    private readonly int _chunk;

    public ObjectiveCurvature(MethodContext context)
    {
        _context = context;
        Device device = context.Device;
        int members = context.Objectives.Count;
        _chunk = Math.Min(Chunk, context.Test.Count);
        TensorShape vector = TensorShape.Vector(1, context.Network.ParameterCount);
        _parameters = Own(device.Allocate(vector));
        _direction = Own(device.Allocate(vector));
        _product = Own(device.Allocate(vector.WithMembers(members)));
        _indices = Own(device.Allocate(new TensorShape(1, _chunk, 1)));
        _weights = Own(device.Allocate(new TensorShape(members, _chunk, 1)));
        Tensor images = Own(device.AllocateTransient(context.TestSet.Images.Shape.WithSamples(_chunk)));
        Tensor labels = Own(device.AllocateTransient(context.TestSet.Labels.Shape.WithSamples(_chunk)));
        var hessian = new HessianVectorProduct(device, context.Network, members, _chunk);
        _owned.Add(hessian);
        _plan = device.Record("objectives' curvature", () =>
        {
            device.Gather.Samples(context.TestSet.Images, _indices, images);
            device.Gather.Samples(context.TestSet.Labels, _indices, labels);
            hessian.Evaluate(_parameters, images, labels, _weights, _direction, null, _product);
        });
    }

    /// <summary>The memory that it takes.</summary>
    public static MemoryEstimate Estimate(MethodContext context)
        => new(("objectives' curvature", MemoryEstimate.Vectors(context.Network, 2L * context.Objectives.Count)), ("passes", MemoryEstimate.Pass(context.Network, context.Objectives.Count, Chunk, tangents: true)));

    /// <summary>[O, P].</summary>
    public float[] Along(float[] parameters, float[] direction)
    {
        _parameters.Upload(parameters);
        _direction.Upload(direction);
        int[] labels = _context.Test.Labels;
        bool Weighs(Objective objective, int n) => objective.Samples?.Contains(n) ?? (objective.Class is null || objective.Class == labels[n]);
        double[] counts = [.. _context.Objectives.Select(objective => objective.Samples?.Count ?? labels.Count(label => objective.Class is null || objective.Class == label))];
        var sum = new double[_product.Shape.Length];
        var part = new float[sum.Length];
        for (int first = 0; first < labels.Length; first += _chunk)
        {
            var indices = new float[_chunk];
            var weights = new float[_weights.Shape.Length];
            for (int n = first; n < Math.Min(first + _chunk, labels.Length); n++)
            {
                indices[n - first] = n;
                for (int o = 0; o < counts.Length; o++)
                    weights[o * _chunk + n - first] = Weighs(_context.Objectives[o], n) ? (float)(1 / counts[o]) : 0;
            }

            _indices.Upload(indices);
            _weights.Upload(weights);
            _plan.Run();
            _product.Download(part);
            for (int i = 0; i < sum.Length; i++)
                sum[i] += part[i];
        }

        return Array.ConvertAll(sum, value => (float)value);
    }

    public void Dispose()
    {
        _plan.Dispose();
        _owned.ForEach(part => part.Dispose());
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor);
        return tensor;
    }
}
