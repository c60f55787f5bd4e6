namespace DdmNative.Attribution.Objectives;

/// <summary>The logits of one model for samples that are requested in ascending order; only one chunk of them is in memory.</summary>
/// <param name="chunks">The chunks of <see cref="EvaluationPass.Chunks"/>.</param>
/// <param name="classes">K.</param>
internal sealed class LogitReader(IEnumerable<(int First, int Count, float[] Outputs)> chunks, int classes) : IDisposable
{
    private readonly IEnumerator<(int First, int Count, float[] Outputs)> _chunks = chunks.GetEnumerator();
    private int _end;

    /// <summary>The logits [K] of a sample, valid until the next call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sample is before the chunk of the last one, or does not exist.</exception>
    public ReadOnlySpan<float> Of(int sample)
    {
        while (sample >= _end && _chunks.MoveNext())
            _end = _chunks.Current.First + _chunks.Current.Count;
        if (sample >= _end || sample < _chunks.Current.First)
            throw new ArgumentOutOfRangeException(nameof(sample), sample, "Samples are read in ascending order.");
        return _chunks.Current.Outputs.AsSpan((sample - _chunks.Current.First) * classes, classes);
    }

    public void Dispose() => _chunks.Dispose();
}
