namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>
/// The label vectors of samples: 1 at the sample's class, 0 elsewhere. For many samples of many classes they do not fit in memory.
/// </summary>
/// <param name="labels">[N], each in 0 … classes − 1; the array is used, not copied.</param>
/// <param name="classes">K.</param>
internal sealed class OneHotRows(int[] labels, int classes) : SampleRows
{
    /// <summary>Whether they may be copied as a whole, however many they are.</summary>
    public bool MayBeCopied { get; init; }

    /// <inheritdoc/>
    public override bool IsLarge => !MayBeCopied && base.IsLarge;

    /// <inheritdoc/>
    public override int Count => labels.Length;

    /// <inheritdoc/>
    public override int Length => classes;

    protected override void ReadCore(int first, int count, Span<float> values)
    {
        values.Clear();
        for (int i = 0; i < count; i++)
            values[i * classes + labels[first + i]] = 1;
    }
}
