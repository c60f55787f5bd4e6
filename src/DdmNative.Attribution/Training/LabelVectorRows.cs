using DdmNative.Attribution.Datasets.Rows;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The label vectors of samples (<see cref="LabelVectors"/>), computed where they are read: for many samples of many classes they do not
/// fit in memory.
/// </summary>
/// <param name="labels">[N], each in 0 … classes − 1; the array is used, not copied.</param>
/// <param name="classes">K.</param>
/// <param name="smoothing">ε; by default the vectors are one-hot.</param>
internal sealed class LabelVectorRows(int[] labels, int classes, float smoothing = 0) : SampleRows
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
        for (int i = 0; i < count; i++)
            LabelVectors.Fill(labels[first + i], smoothing, values.Slice(i * classes, classes));
    }
}
