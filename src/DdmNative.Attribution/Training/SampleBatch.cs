using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// A batch of a <see cref="SampleSource"/>, as an operand of a plan: the plan gathers it on the device (<see cref="Record"/>), or the host
/// reads and uploads it before the plan runs (<see cref="Load"/>). Users call both; one of them does nothing.
/// </summary>
internal sealed class SampleBatch : IDisposable
{
    private readonly Device _device;
    private readonly SampleSource _source;
    private readonly int[] _rows;
    private readonly float[] _values;

    /// <param name="device">The device of the source.</param>
    /// <param name="source">All samples.</param>
    /// <param name="members">E: the members that have their own samples; 1 if they share them.</param>
    /// <param name="samples">N: samples of each.</param>
    public SampleBatch(Device device, SampleSource source, int members, int samples)
    {
        (_device, _source) = (device, source);
        TensorShape shape = source.Shape.WithMembers(members).WithSamples(samples);
        bool isOnDevice = source.Tensor is not null;
        Values = isOnDevice ? device.AllocateTransient(shape) : device.Allocate(shape);
        _rows = new int[isOnDevice ? 0 : members * samples];
        _values = new float[isOnDevice ? 0 : shape.Length];
    }

    /// <summary>[E, N, C, H, W]: the batch.</summary>
    public Tensor Values { get; }

    /// <summary>Records the gathering of the batch in the present plan, if the source is on the device.</summary>
    /// <param name="indices">[E, N]: the samples, uploaded before the plan runs.</param>
    public void Record(Tensor indices)
    {
        if (_source.Tensor is Tensor all)
            _device.Gather.Samples(all, indices, Values);
    }

    /// <summary>Reads and uploads the batch, if the source is on the host.</summary>
    /// <param name="indices">[E·N]: the samples, as uploaded for <see cref="Record"/>.</param>
    public void Load(ReadOnlySpan<float> indices)
    {
        if (_source.Tensor is not null)
            return;
        for (int i = 0; i < _rows.Length; i++)
            _rows[i] = (int)indices[i];
        _source.Rows.Read(_rows, _values);
        Values.Upload(_values);
    }

    public void Dispose() => Values.Dispose();
}
