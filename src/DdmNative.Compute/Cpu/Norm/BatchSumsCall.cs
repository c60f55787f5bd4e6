namespace DdmNative.Compute.Cpu;

/// <summary>
/// Σ v and Σ x̂v over a batch, for one or two images v. They are summed like gradients of parameters: slot by slot, in an order that does
/// not depend on the threads.
/// </summary>
internal sealed unsafe class BatchSumsCall : BatchCall
{
    private readonly (CpuOperand Values, GradientSum Sum, GradientSum NormalSum)[] _parts;

    /// <param name="name">The call's name.</param>
    /// <param name="images">The batch.</param>
    /// <param name="values">The images v.</param>
    /// <param name="sums">Σ v and Σ x̂v of the first, then of the second.</param>
    public BatchSumsCall(string name, BatchImages images, Tensor[] values, Slice[] sums)
        : base(name, images)
        => _parts = [.. values.Select((v, i) => (Read(v), Sum(sums[2 * i], Channels), Sum(sums[2 * i + 1], Channels)))];

    protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
    {
        if (!Presence.Has(tile, sample))
            return;
        (Vector16 mean, Vector16 reciprocal) = (Mean<TLanes>(tile, channel, lanes), Reciprocal<TLanes>(tile, channel, lanes));
        foreach ((CpuOperand values, GradientSum total, GradientSum normalTotal) in _parts)
        {
            (Vector16 sum, Vector16 normalSum) = PixelSums.Add<TLanes>(
                X(tile, sample) + channel, mean, reciprocal, values.At(tile, sample) + channel, Pixels, Channels, lanes);
            total.Add<TLanes>(tile, channel, lanes, sum);
            normalTotal.Add<TLanes>(tile, channel, lanes, normalSum);
        }
    }
}

/// <summary>Σ δ̇ and Σ(δ̇x̂ + δx̂̇) over a batch, the parameters' tangents of the cotangents.</summary>
internal sealed unsafe class BatchTangentSumsCall : BatchCall
{
    private readonly CpuOperand _xTangent;
    private readonly CpuOperand _cotangent;
    private readonly CpuOperand _cotangentTangent;
    private readonly CpuParameters _tangentSum;
    private readonly CpuParameters _normalTangentSum;
    private readonly GradientSum _sum;
    private readonly GradientSum _normalSum;

    /// <param name="images">The batch.</param>
    /// <param name="xTangent">ẋ.</param>
    /// <param name="cotangent">δ.</param>
    /// <param name="cotangentTangent">δ̇.</param>
    /// <param name="sums">Σ ẋ and Σ x̂ẋ, and others.</param>
    /// <param name="results">Where the two sums go.</param>
    public BatchTangentSumsCall(
        BatchImages images, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent, Slice[] sums, Slice[] results)
        : base("batch-norm.cotangent-tangent-sums", images)
    {
        (_xTangent, _cotangent, _cotangentTangent) = (Read(xTangent), Read(cotangent), Read(cotangentTangent));
        (_tangentSum, _normalTangentSum) = (Read(sums[0]), Read(sums[1]));
        (_sum, _normalSum) = (Sum(results[0], Channels), Sum(results[1], Channels));
    }

    protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
    {
        if (!Presence.Has(tile, sample))
            return;
        Vector16 count = BatchLength(tile);
        var tangent = new NormTangent(
            X(tile, sample) + channel, _xTangent.At(tile, sample) + channel, Mean<TLanes>(tile, channel, lanes),
            Reciprocal<TLanes>(tile, channel, lanes), TLanes.Load(_tangentSum.At(tile) + channel, lanes) / count,
            TLanes.Load(_normalTangentSum.At(tile) + channel, lanes) / count);
        (Vector16 sum, Vector16 normalSum) = PixelSums.AddTangents<TLanes>(
            tangent, _cotangent.At(tile, sample) + channel, _cotangentTangent.At(tile, sample) + channel, Pixels, Channels, lanes);
        _sum.Add<TLanes>(tile, channel, lanes, sum);
        _normalSum.Add<TLanes>(tile, channel, lanes, normalSum);
    }
}
