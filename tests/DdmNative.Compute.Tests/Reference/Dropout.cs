namespace DdmNative.Compute.Tests.Reference;

/// <summary>x/(1 − rate) where the element's random word is at least rate·2³², and zero elsewhere.</summary>
internal static class ReferenceDropout
{
    public static DoubleTensor Apply(int members, double rate, ulong seed, int layer, DoubleTensor keys, DoubleTensor x)
    {
        var y = new DoubleTensor(x.Shape.WithMembers(members));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < y.Shape.Samples; n++)
                for (int c = 0; c < y.Shape.Channels; c++)
                    for (int h = 0; h < y.Shape.Height; h++)
                        for (int w = 0; w < y.Shape.Width; w++)
                        {
                            uint block = (uint)((c / 4 * y.Shape.Height + h) * y.Shape.Width + w);
                            uint word = Word(seed, layer, block, (uint)keys[e, n, 0], (uint)keys[e, n, 1], c % 4);
                            y[e, n, c, h, w] = word < Math.Floor(rate * 4294967296.0) ? 0 : x[e, n, c, h, w] / (1 - rate);
                        }
        return y;
    }

    private static uint Word(ulong seed, int layer, uint block, uint sample, uint step, int lane)
        => ReferencePhilox.Block([block, sample, step, (uint)layer + 1], [(uint)seed, (uint)(seed >> 32)])[lane];
}
