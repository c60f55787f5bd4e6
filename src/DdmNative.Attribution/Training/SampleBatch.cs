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
    private readonly int[] _rows, _nextRows;
    private readonly float[] _values;
    private float[] _nextValues = [];
    private Task? _reading;

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
        _nextRows = new int[_rows.Length];
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
        if (WasRead())
        {
            Values.Upload(_nextValues);
            return;
        }

        _source.Rows.Read(_rows, _values);
        Values.Upload(_values);
    }

    /// <summary>
    /// Starts to read the samples of the next batch on another thread, if the source is on the host: the file is then read while the
    /// present plan runs. The next <see cref="Load"/> may ask for others; it reads them itself.
    /// </summary>
    /// <param name="samples">Its samples; those that are missing are sample 0, as in a short batch.</param>
    public void Prefetch(ReadOnlySpan<int> samples)
    {
        if (_source.Tensor is not null)
            return;
        _reading?.GetAwaiter().GetResult();
        Array.Clear(_nextRows);
        samples.CopyTo(_nextRows);
        if (_nextValues.Length == 0)
            _nextValues = new float[_values.Length];
        _reading = Task.Run(() => _source.Rows.Read(_nextRows, _nextValues));
    }

    public void Dispose()
    {
        // An error would be that of a batch that nobody needs any more.
        _ = _reading?.ContinueWith(reading => reading.Exception, TaskScheduler.Default).GetAwaiter().GetResult();
        Values.Dispose();
    }

    /// <summary>Waits for a batch that is being read, and returns whether it is the one that is wanted.</summary>
    private bool WasRead()
    {
        if (_reading is not Task reading)
            return false;
        _reading = null;
        reading.GetAwaiter().GetResult();
        return _rows.AsSpan().SequenceEqual(_nextRows);
    }
}
