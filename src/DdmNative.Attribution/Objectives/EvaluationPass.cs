using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Objectives;

/// <summary>
/// One recorded forward pass of E members over a chunk of a sample set; the runs on all chunks give their outputs on the whole set.
/// </summary>
internal sealed class EvaluationPass : IDisposable
{
    private readonly Tensor _parameters, _indices;
    private readonly SampleBatch _batch;
    private readonly NetworkPass _pass;
    private readonly IPlan _plan;
    private readonly int _chunk;

    /// <param name="device">The device for the pass.</param>
    /// <param name="network">Any network or part of one.</param>
    /// <param name="images">[1, M, C, H, W].</param>
    /// <param name="members">E.</param>
    /// <param name="chunk">Samples per chunk.</param>
    public EvaluationPass(Device device, Network network, SampleSource images, int members, int chunk)
    {
        _chunk = chunk;
        _parameters = device.Allocate(TensorShape.Vector(members, Math.Max(1, network.ParameterCount)));
        _indices = device.Allocate(new TensorShape(1, chunk, 1));
        _batch = new SampleBatch(device, images, members: 1, chunk);
        _pass = new NetworkPass(device, network, members, chunk, keepOutput: true);
        _plan = device.Record("evaluation", () =>
        {
            _batch.Record(_indices);
            _pass.Forward(_parameters, _batch.Values);
        });
    }

    /// <summary>Outputs [E, M, …] for parameters [E·P].</summary>
    public void Run(ReadOnlySpan<float> parameters, int samples, Span<float> outputs)
    {
        SetParameters(parameters);
        TensorShape shape = _pass.Output.Shape;
        foreach ((int first, int count, float[] part) in Chunks(samples))
        {
            for (int member = 0; member < shape.Members; member++)
            {
                part.AsSpan(member * _chunk * shape.SampleLength, count * shape.SampleLength)
                    .CopyTo(outputs[((member * samples + first) * shape.SampleLength)..]);
            }
        }
    }

    /// <summary>Uploads parameters [E·P].</summary>
    public void SetParameters(ReadOnlySpan<float> parameters)
    {
        if (!parameters.IsEmpty)
            _parameters.Upload(parameters);
    }

    /// <summary>
    /// The outputs of M samples chunk by chunk, in order: [E, chunk, …], of which the first <c>Count</c> samples are valid, until the next
    /// chunk.
    /// </summary>
    public IEnumerable<(int First, int Count, float[] Outputs)> Chunks(int samples)
    {
        var indices = new float[_chunk];
        var part = new float[_pass.Output.Shape.Length];
        for (int first = 0; first < samples; first += _chunk)
        {
            // The last chunk may exceed the end; its further positions compute sample 0 again, and are not used.
            int count = Math.Min(_chunk, samples - first);
            for (int n = 0; n < _chunk; n++)
                indices[n] = n < count ? first + n : 0;
            _indices.Upload(indices);
            _batch.Load(indices);
            _plan.Run();
            _pass.Output.Download(part);
            yield return (first, count, part);
        }
    }

    public void Dispose()
    {
        _plan.Dispose();
        _pass.Dispose();
        _batch.Dispose();
        _indices.Dispose();
        _parameters.Dispose();
    }
}
