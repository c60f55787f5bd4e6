using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods.Gradients;

/// <summary>
/// ∇f_d(θ) of single evaluation samples, one per ensemble member, all sharing θ; and ∇²f_d(θ)·v along one direction (forward over reverse,
/// docs/mathematics.md). The loss's cotangent is computed on the device. A margin's or a logit's is computed on the host, which needs the
/// logits first; it has no tangent, because it is constant except where the best other class changes.
/// </summary>
internal sealed class EvaluatedGradients : IDisposable
{
    private const int LargestWave = 32;

    private readonly List<IDisposable> _owned = [];
    private readonly MethodContext _context;
    private readonly int _wave, _classes, _length;
    private readonly Tensor _parameters, _indices, _weights, _others, _gradient, _logits;
    private readonly SampleBatch _images, _labels;
    private readonly Tensor? _direction, _curved;
    private readonly IPlan _look, _step;
    private readonly IPlan? _curve;
    private readonly float[] _waveValues, _gradients, _curvatures;
    private EvaluatedSample[] _samples = [];

    /// <param name="context">The request.</param>
    /// <param name="count">D: the number of samples per call.</param>
    /// <param name="hasCurvature">Whether <see cref="Along"/> is used.</param>
    public EvaluatedGradients(MethodContext context, int count, bool hasCurvature)
    {
        (_context, Device device, Network network) = (context, context.Device, context.Network);
        (_wave, _classes, _length) = (Wave(context, count), network.Classes, network.ParameterCount);
        _waveValues = new float[_wave * _length];
        _gradients = new float[count * _length];
        _curvatures = new float[hasCurvature ? count * _length : 0];
        var logits = new TensorShape(_wave, 1, _classes);
        TensorShape vector = TensorShape.Vector(_wave, _length);
        _parameters = Own(device.Allocate(vector.WithMembers(1)));
        _indices = Own(device.Allocate(new TensorShape(_wave, 1, 1)));
        _weights = Own(device.Allocate(new TensorShape(_wave, 1, 1)));
        _others = Own(device.Allocate(logits));
        _gradient = Own(device.Allocate(vector));
        _logits = Own(device.Allocate(logits));
        _images = Own(new SampleBatch(device, context.TestSet.Samples, _wave, 1));
        _labels = Own(new SampleBatch(device, context.TestSet.LabelVectors, _wave, 1));
        (Tensor images, Tensor labels) = (_images.Values, _labels.Values);
        Tensor cotangent = Own(device.AllocateTransient(logits));

        void Forward(NetworkPass pass)
        {
            _images.Record(_indices);
            _labels.Record(_indices);
            pass.Forward(_parameters, images);
        }

        void Backward(NetworkPass pass)
        {
            Forward(pass);
            device.SoftmaxCrossEntropy.Backward(pass.Output, labels, _weights, cotangent);
            device.LinearCombination.Combine(1, cotangent, 1, _others, cotangent);
            pass.Backward(_parameters, images, cotangent, _gradient, null);
        }

        NetworkPass look = NewPass(), step = NewPass();
        _look = Own(device.Record("evaluated samples: logits", () =>
        {
            Forward(look);
            device.LinearCombination.Copy(look.Output, _logits);
        }));
        _step = Own(device.Record("evaluated samples: gradients", () => Backward(step)));
        if (!hasCurvature)
            return;
        Tensor direction = _direction = Own(device.Allocate(vector.WithMembers(1)));
        _curved = Own(device.Allocate(vector));
        Tensor cotangentTangent = Own(device.AllocateTransient(logits));
        NetworkPass curve = NewPass();
        _curve = Own(device.Record("evaluated samples: curvature", () =>
        {
            Backward(curve);
            curve.ForwardTangent(_parameters, direction, images, null);
            device.SoftmaxCrossEntropy.BackwardTangent(curve.Output, curve.OutputTangent, labels, _weights, cotangentTangent);
            curve.BackwardTangent(_parameters, direction, images, null, cotangent, cotangentTangent, _curved, null);
        }));
    }

    /// <summary>The memory that it needs.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int count, bool hasCurvature)
    {
        int wave = Wave(context, count);
        return new(("evaluated samples' gradients", MemoryEstimate.Vectors(context.Network, 2L * wave + (hasCurvature ? 2L : 1L) * count)),
            ("passes", MemoryEstimate.Pass(context.Network, wave, 1, hasCurvature)));
    }

    /// <summary>∇f_d(θ), [D, P]; valid until the next call.</summary>
    public float[] At(float[] parameters, EvaluatedSample[] samples)
    {
        _samples = samples;
        _parameters.Upload(parameters);
        Each(_step, _gradient, _gradients);
        return _gradients;
    }

    /// <summary>∇²f_d(θ)·v for the samples and the θ of the last <see cref="At"/>, [D, P]; valid until the next call.</summary>
    public float[] Along(float[] direction)
    {
        _direction!.Upload(direction);
        Each(_curve!, _curved!, _curvatures);
        return _curvatures;
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    private static int Wave(MethodContext context, int count) => Math.Min(context.Bounded(LargestWave), count);

    private void Each(IPlan plan, Tensor result, float[] all)
    {
        for (int first = 0; first < _samples.Length; first += _wave)
        {
            int count = Math.Min(_wave, _samples.Length - first);
            Prepare(_samples.AsSpan(first, count));
            plan.Run();
            result.Download(_waveValues);
            _waveValues.AsSpan(0, count * _length).CopyTo(all.AsSpan(first * _length));
        }
    }

    private void Prepare(ReadOnlySpan<EvaluatedSample> samples)
    {
        var indices = new float[_wave];
        var weights = new float[_wave];
        var others = new float[_wave * _classes];
        bool hasOthers = false;
        for (int e = 0; e < samples.Length; e++)
        {
            indices[e] = samples[e].Sample;
            weights[e] = samples[e].Kind == ObjectiveKind.Loss ? 1 : 0;
            hasOthers |= samples[e].Kind != ObjectiveKind.Loss;
        }

        _indices.Upload(indices);
        _images.Load(indices);
        _labels.Load(indices);
        if (hasOthers)
        {
            _look.Run();
            float[] logits = _logits.ToArray();
            for (int e = 0; e < samples.Length; e++)
            {
                if (weights[e] == 0)
                    ObjectiveCotangents.Fill(samples[e].Kind, logits.AsSpan(e * _classes, _classes),
                        _context.Test.Labels[samples[e].Sample], 1, others.AsSpan(e * _classes, _classes));
            }
        }

        _weights.Upload(weights);
        _others.Upload(others);
    }

    private NetworkPass NewPass() => Own(new NetworkPass(_context.Device, _context.Network, _wave, 1));

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
