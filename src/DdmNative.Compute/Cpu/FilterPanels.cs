namespace DdmNative.Compute.Cpu;

/// <summary>
/// A filter bank repacked for the micro-kernel: panels of 32 output channels, [outputs/32][k][k][channels][32], the last panel filled up with zeros.
/// </summary>
internal static unsafe class FilterPanels
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    public static int Count(int outputs) => (outputs + Columns - 1) / Columns;

    /// <summary>
    /// Packs a bank [O, I, k, k] as outputs × inputs, or its transpose turned upside down as inputs × outputs, into channels
    /// <paramref name="firstChannel"/>… of pixels <paramref name="stride"/> channels wide.
    /// </summary>
    public static void Pack(float* filter, in CorrelationShape shape, float* panels, int stride, int firstChannel)
    {
        (int k, int outputs, int inputs, int taps) = (shape.KernelSize, shape.OutputChannels, shape.InputChannels, shape.Taps);
        long outputStride = shape.IsTransposed ? taps : (long)inputs * taps;
        long inputStride = shape.IsTransposed ? (long)outputs * taps : taps;
        for (int panel = 0; panel < Count(outputs); panel++)
        {
            int columns = Math.Min(Columns, outputs - panel * Columns);
            for (int tap = 0; tap < k * k; tap++)
            {
                float* source = filter + panel * Columns * outputStride + (shape.IsTransposed ? taps - 1 - tap : tap);
                float* target = panels + (((long)panel * taps + tap) * stride + firstChannel) * Columns;
                for (int input = 0; input < inputs; input++, source += inputStride, target += Columns)
                {
                    for (int column = 0; column < columns; column++)
                        target[column] = source[column * outputStride];
                    for (int column = columns; column < Columns; column++)
                        target[column] = 0;
                }
            }
        }
    }

    /// <summary>Copies a bias into whole panels, filled up with zeros; a missing bias is zero.</summary>
    public static void PackBias(float* bias, int outputs, float* panels)
    {
        for (int i = 0; i < Count(outputs) * Columns; i++)
            panels[i] = i < outputs && bias is not null ? bias[i] : 0;
    }
}
