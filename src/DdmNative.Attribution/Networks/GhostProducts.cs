using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// ⟨∇f_n, v_d⟩ of every sample n of a backward pass with D directions v [P], for a pass that sums the ∇f_n to a gradient; no sample's
/// gradient is stored (ghost products; Wang et al., "Data Shapley in one training run", ICLR 2025). Passed to <see
/// cref="NetworkPass.Backward"/> of a pass with one member.
/// </summary>
/// <remarks>
/// If the device computes such products together with a gradient (<see cref="Device.HasSampleProducts"/>), every layer writes D columns of
/// [1, N, L·D], and the host adds the layers'. Otherwise a second pass runs with a member for each sample, and one matrix product
/// multiplies its gradients [N, 1, P] with the directions.
/// </remarks>
public sealed class GhostProducts : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Device _device;
    private readonly Network _network;
    private readonly int _samples, _count;
    private readonly int[] _layers;
    private readonly Tensor _directions, _products;
    private readonly SecondPass? _secondPass;

    /// <param name="device">The device of the pass.</param>
    /// <param name="network">The network of the parameters.</param>
    /// <param name="samples">N.</param>
    /// <param name="directions">D.</param>
    public GhostProducts(Device device, Network network, int samples, int directions)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(network);
        (_device, _network, _samples, _count) = (device, network, samples, directions);
        _layers = [.. Enumerable.Range(0, network.Layers.Count).Where(i => network.Layers[i].ParameterCount > 0)];
        if (device.HasSampleProducts)
        {
            _directions = Own(device.Allocate(new TensorShape(1, directions, network.ParameterCount)));
            _products = Own(device.Allocate(new TensorShape(1, samples, _layers.Length * directions)));
            return;
        }

        // The bias of the product, which is zero, follows the directions.
        _directions = Own(device.Allocate(TensorShape.Vector(1, checked(directions * (network.ParameterCount + 1)))));
        _products = Own(device.Allocate(new TensorShape(samples, 1, directions)));
        _secondPass = new SecondPass(this);
        _owned.Add(_secondPass);
    }

    /// <summary>The number of floats that it needs on a device.</summary>
    internal static long Floats(Network network, int directions) => (long)directions * (network.ParameterCount + 1);

    /// <summary>Uploads the directions [D, P].</summary>
    public void SetDirections(ReadOnlySpan<float> directions)
    {
        if (_secondPass is null)
        {
            _directions.Upload(directions);
            return;
        }

        var withBias = new float[_directions.Shape.Length];
        directions.CopyTo(withBias);
        _directions.Upload(withBias);
    }

    /// <summary>The products of the last run, [N, D].</summary>
    public double[] Read()
    {
        float[] columns = _products.ToArray();
        int stride = columns.Length / _samples;
        var sums = new double[_samples * _count];
        for (int n = 0; n < _samples; n++)
        {
            for (int column = 0; column < stride; column++)
                sums[n * _count + column % _count] += columns[n * stride + column];
        }

        return sums;
    }

    public void Dispose() => _owned.ForEach(part => part.Dispose());

    /// <summary>
    /// The products that a layer's own gradient has to compute; null if the layer has no gradient, or the device does not compute products.
    /// </summary>
    internal SampleProducts? OfLayer(int layer)
    {
        int place = Array.IndexOf(_layers, layer);
        if (place < 0 || _secondPass is not null)
            return null;
        Slice Along(int index)
        {
            ParameterTensor parameter = _network.Layers[layer].Parameters[index];
            return new Slice(_directions, _network.LayerOffset(layer) + parameter.Offset, parameter.Length);
        }

        return new SampleProducts(Along(0), _network.Layers[layer].Parameters.Count > 1 ? Along(1) : null, _products, place * _count);
    }

    /// <summary>Records the kernel calls of the second pass, if there is one.</summary>
    internal void RecordSecondPass(Tensor parameters, Tensor images, Tensor outputCotangent)
        => _secondPass?.Record(parameters, images, outputCotangent);

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor);
        return tensor;
    }

    /// <summary>A pass with a member for each sample.</summary>
    private sealed class SecondPass : IDisposable
    {
        private readonly GhostProducts _whole;
        private readonly NetworkPass _pass;
        private readonly Tensor _indices, _images, _cotangent, _gradients;

        public SecondPass(GhostProducts whole)
        {
            _whole = whole;
            (Device device, Network network, int samples) = (whole._device, whole._network, whole._samples);
            _pass = new NetworkPass(device, network, samples, 1);
            _indices = device.Upload(new TensorShape(samples, 1, 1), [.. Enumerable.Range(0, samples).Select(n => (float)n)]);
            _images = device.AllocateTransient(network.Input.For(samples, 1));
            _cotangent = device.AllocateTransient(network.Output.For(samples, 1));
            _gradients = device.AllocateTransient(TensorShape.Vector(samples, network.ParameterCount));
        }

        public void Record(Tensor parameters, Tensor images, Tensor outputCotangent)
        {
            Device device = _whole._device;
            int length = _whole._count * _whole._network.ParameterCount;
            device.Gather.Samples(images, _indices, _images);
            device.Gather.Samples(outputCotangent, _indices, _cotangent);
            _pass.Forward(parameters, _images);
            _pass.Backward(parameters, _images, _cotangent, _gradients, null);
            device.MatrixProduct.Forward(_gradients, new Slice(_whole._directions, 0, length),
                new Slice(_whole._directions, length, _whole._count), _whole._products);
        }

        public void Dispose()
        {
            _pass.Dispose();
            foreach (Tensor tensor in (Tensor[])[_indices, _images, _cotangent, _gradients])
                tensor.Dispose();
        }
    }
}
