using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// A forward and backward pass over E × N training samples that computes at every weight layer the products for <see
/// cref="KroneckerFactors"/>: Σ aaᵀ and Σ δδᵀ of plain patches and cotangents, or, if they are rotated, U_S G U_Aᵀ = Σ (U_Sδ)(U_A a)ᵀ of
/// each member.
/// </summary>
internal sealed class RotatedPass : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Tensor _indices, _weights, _gradient;
    private readonly SampleBatch _images, _labels;
    private readonly Tensor[] _inputs, _outputs, _rotated;
    private readonly IPlan _plan;
    private readonly int _members, _samples;

    public RotatedPass(MethodContext context, Network network, IReadOnlyList<KroneckerFactors.Block> blocks, SampleSource labels,
        int members, int samples, bool isRotated)
    {
        Device device = context.Device;
        (_members, _samples) = (members, samples);
        var logits = new TensorShape(members, samples, network.Classes);
        Tensor parameters = Own(device.Upload(TensorShape.Vector(1, network.ParameterCount), context.Target));
        _indices = Own(device.Allocate(new TensorShape(members, samples, 1)));
        _weights = Own(device.Allocate(new TensorShape(members, samples, 1)));
        _gradient = Own(device.Allocate(TensorShape.Vector(members, network.ParameterCount)));
        _images = Own(new SampleBatch(device, context.TrainSet.Samples, members, samples));
        _labels = Own(new SampleBatch(device, labels, members, samples));
        (Tensor images, Tensor batchLabels) = (_images.Values, _labels.Values);
        Tensor cotangent = Own(device.AllocateTransient(logits));
        var pass = new NetworkPass(device, network, members, samples);
        _owned.Add(pass);
        _inputs = new Tensor[blocks.Count];
        _outputs = new Tensor[blocks.Count];
        _rotated = new Tensor[blocks.Count];
        Tensor[] pickers = [.. blocks.Select(
            block => Own(Upload(device, isRotated ? block.InputVectors : Identity(block.Inputs), block.Inputs)))];
        Tensor[] turners = [.. blocks.Select(
            block => Own(Upload(device, isRotated ? block.OutputVectors : Identity(block.Outputs), block.Outputs)))];
        for (int b = 0; b < blocks.Count; b++)
        {
            (int i, int o) = (blocks[b].Inputs, blocks[b].Outputs);
            if (isRotated)
            {
                _rotated[b] = Own(device.Allocate(TensorShape.Vector(members, o * i + o)));
                continue;
            }

            _inputs[b] = Own(device.Allocate(TensorShape.Vector(members, i * i + i)));
            _outputs[b] = Own(device.Allocate(TensorShape.Vector(members, o * o + o)));
        }

        _plan = device.Record(isRotated ? "rotated gradients" : "Kronecker factors", () =>
        {
            _images.Record(_indices);
            _labels.Record(_indices);
            pass.Forward(parameters, images);
            device.SoftmaxCrossEntropy.Backward(pass.Output, batchLabels, _weights, cotangent);
            pass.Backward(parameters, images, cotangent, _gradient, null);
            for (int b = 0; b < blocks.Count; b++)
            {
                (Tensor input, Tensor outputCotangent) = pass.Ends(blocks[b].Index, images, cotangent);
                Products(device, blocks[b], b, input, outputCotangent, pickers[b], turners[b], isRotated);
            }
        });
    }

    /// <summary>
    /// Runs the pass on these training samples. Unused positions have weight zero, except in Σ aaᵀ, which is only computed for complete
    /// chunks.
    /// </summary>
    public void Run(ReadOnlySpan<int> samples)
    {
        var indices = new float[_members * _samples];
        var weights = new float[indices.Length];
        for (int n = 0; n < indices.Length; n++)
            (indices[n], weights[n]) = n < samples.Length ? (samples[n], 1) : (samples[0], 0);
        _indices.Upload(indices);
        _images.Load(indices);
        _labels.Load(indices);
        _weights.Upload(weights);
        _plan.Run();
    }

    /// <summary>Σ aaᵀ [I, I].</summary>
    public float[] InputProducts(int block) => _inputs[block].ToArray();

    /// <summary>Σ δδᵀ [O, O].</summary>
    public float[] OutputProducts(int block) => _outputs[block].ToArray();

    /// <summary>U_S G U_Aᵀ of each member, [E, O·I], each followed by O further numbers.</summary>
    public float[] RotatedGradients(int block) => _rotated[block].ToArray();

    /// <summary>The plain gradients [E, P].</summary>
    public float[] Gradients() => _gradient.ToArray();

    public void Dispose()
    {
        _plan.Dispose();
        _owned.ForEach(part => part.Dispose());
    }

    private void Products(Device device, KroneckerFactors.Block block, int b, Tensor input, Tensor cotangent, Tensor picker, Tensor turner,
        bool isRotated)
    {
        (int i, int o) = (block.Inputs, block.Outputs);
        (int height, int width) = (block.Layer.Output.Height, block.Layer.Output.Width);
        Tensor patches = Own(device.AllocateTransient(new TensorShape(_members, _samples, i, height, width)));
        Tensor turned = Own(device.AllocateTransient(new TensorShape(_members, _samples, o, height, width)));
        (Slice pick, Slice none) = (new Slice(picker, 0, i * i), new Slice(picker, i * i, i));
        (Slice turn, Slice nothing) = (new Slice(turner, 0, o * o), new Slice(turner, o * o, o));
        if (block.Layer is ConvolutionLayer convolution)
        {
            device.Convolution.Forward(
                new ConvolutionShape(convolution.Input.Channels, i, convolution.Input.Height, convolution.Input.Width,
                convolution.KernelSize, convolution.Padding, convolution.Stride), input, pick, none, patches);
            device.Convolution.Forward(new ConvolutionShape(o, o, height, width, 1, 0), cotangent, turn, nothing, turned);
            ConvolutionShape Outer(int inputs, int outputs) => new(inputs, outputs, height, width, 1, 0);
            if (isRotated)
            {
                device.Convolution.BackwardFilter(Outer(i, o), patches, turned, new Slice(_rotated[b], 0, o * i),
                    new Slice(_rotated[b], o * i, o));
                return;
            }

            device.Convolution.BackwardFilter(Outer(i, i), patches, patches, new Slice(_inputs[b], 0, i * i),
                new Slice(_inputs[b], i * i, i));
            device.Convolution.BackwardFilter(Outer(o, o), turned, turned, new Slice(_outputs[b], 0, o * o),
                new Slice(_outputs[b], o * o, o));
            return;
        }

        device.MatrixProduct.Forward(input, pick, none, patches);
        device.MatrixProduct.Forward(cotangent, turn, nothing, turned);
        if (isRotated)
        {
            device.MatrixProduct.BackwardWeight(patches, turned, new Slice(_rotated[b], 0, o * i), new Slice(_rotated[b], o * i, o));
            return;
        }

        device.MatrixProduct.BackwardWeight(patches, patches, new Slice(_inputs[b], 0, i * i), new Slice(_inputs[b], i * i, i));
        device.MatrixProduct.BackwardWeight(turned, turned, new Slice(_outputs[b], 0, o * o), new Slice(_outputs[b], o * o, o));
    }

    /// <summary>Uploads a square matrix by rows, followed by a bias of zeros.</summary>
    private static Tensor Upload(Device device, double[][] rows, int n)
        => device.Upload(TensorShape.Vector(1, n * n + n), [.. rows.SelectMany(row => row.Select(value => (float)value)), .. new float[n]]);

    private static double[][] Identity(int n)
        => [.. Enumerable.Range(0, n).Select(i =>
        {
            var row = new double[n];
            row[i] = 1;
            return row;
        })];

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
