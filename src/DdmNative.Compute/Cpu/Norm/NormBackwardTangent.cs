using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The tangent of a norm's backward for one vector of channels, in three passes: the means of ẋ and x̂·ẋ, the sums over δ and δ̇, and the
/// result. δ and δ̇ are those of a mean pool's output, [H/window, W/window], each shared by a window's pixels; with a window of one they
/// are the norm's own.
/// </summary>
internal unsafe struct NormBackwardTangent<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private TangentMeans<TVector> _means;
    private float* _delta;
    private float* _deltaTangent;
    private float* _output;
    private int _window;
    private int _width;
    private int _pooledWidth;
    private int _coveredRows;
    private TVector _gain;
    private TVector _gainTangent;
    private TVector _offset;
    private TVector _share;

    // Sums over the pixels.
    private TVector _deltaSum;
    private TVector _deltaNormalSum;
    private TVector _tangentSum;
    private TVector _tangentNormalSum;
    private TVector _deltaMovedSum;

    // d = γδ and ḋ = γ̇δ + γδ̇ are linear in δ and δ̇, so that their means are combinations of the means of δ and δ̇.
    private TVector _dMean;
    private TVector _dNormalMean;
    private TVector _dTangentMean;
    private TVector _mixedMean;
    private TVector _contraction;

    /// <summary>Computes a sample's channels from <paramref name="channel"/> on, in vectors that take turns.</summary>
    public static void Compute<TLanes, TGate>(
        CpuInstanceNorm.BackwardTangentCall norm, in Tile tile, int sample, int channel, int lanes, CpuOperand delta,
        CpuOperand deltaTangent, int window, CpuParameters? shift)
        where TLanes : struct, ILaneAccess<TVector>
        where TGate : struct, IGate
    {
        (TensorShape images, TensorShape pooled) = (norm.x.Tensor.Shape, delta.Tensor.Shape);
        Span<NormBackwardTangent<TVector>> parts = stackalloc NormBackwardTangent<TVector>[StripCall.Parts<TVector>(lanes)];
        Span<TangentMeans<TVector>> means = stackalloc TangentMeans<TVector>[parts.Length];
        int count = Math.Min(lanes, TVector.Lanes);
        for (int k = 0; k < parts.Length; k++)
        {
            int first = channel + k * TVector.Lanes;
            means[k] = TangentMeans<TVector>.Create<TLanes>(norm.x, norm.xTangent, norm.statistics, tile, sample, first, count);
        }
        TangentMeans<TVector>.Compute<TLanes>(means, count);
        for (int k = 0; k < parts.Length; k++)
        {
            int first = channel + k * TVector.Lanes;
            parts[k] = new NormBackwardTangent<TVector>
            {
                _means = means[k],
                _delta = delta.At(tile, sample) + first,
                _deltaTangent = deltaTangent.At(tile, sample) + first,
                _output = norm.result.At(tile, sample) + first,
                _window = window,
                _width = images.Width,
                _pooledWidth = pooled.Width,
                _coveredRows = pooled.Height * window,
                _gain = TLanes.Load(norm.scale.At(tile) + first, count),
                _gainTangent = TLanes.Load(norm.scaleTangent.At(tile) + first, count),
                _offset = shift is null ? default : TLanes.Load(shift.At(tile) + first, count),
                _share = TVector.Create(1.0f / (window * window)),
            };
        }

        int rows = StripCall.StripLength<TVector>(1, images.Height);
        int columns = StripCall.StripLength<TVector>(Math.Max(StripCall.StripPixels / 2 / window, 1) * window, images.Width);
        for (int i = 0; i < images.Height; i += rows)
            for (int j = 0; j < images.Width; j += columns)
                for (int k = 0; k < parts.Length; k++)
                    parts[k].Add<TLanes, TGate>((i, i + rows), (j, j + columns), count);
        for (int k = 0; k < parts.Length; k++)
        {
            parts[k].ComputeMeans(images.Height * images.Width);
            norm.AddParameterCotangents<TVector, TLanes>(tile, channel + k * TVector.Lanes, count,
                parts[k]._tangentNormalSum + parts[k]._deltaMovedSum, parts[k]._tangentSum);
        }
        for (int i = 0; i < images.Height; i += rows)
            for (int j = 0; j < images.Width; j += columns)
                for (int k = 0; k < parts.Length; k++)
                    parts[k].Write<TLanes, TGate>((i, i + rows), (j, Math.Min(j + columns, images.Width)), count);
    }

    /// <summary>Adds the pixels of a range of rows and columns that windows cover to the sums.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add<TLanes, TGate>((int First, int End) rows, (int First, int End) columns, int lanes)
        where TLanes : struct, ILaneAccess<TVector>
        where TGate : struct, IGate
    {
        (TVector deltaSum, TVector deltaNormalSum, TVector tangentSum, TVector tangentNormalSum, TVector deltaMovedSum)
            = (_deltaSum, _deltaNormalSum, _tangentSum, _tangentNormalSum, _deltaMovedSum);
        (TVector mean, TVector reciprocal, TVector tangentMean, TVector normalTangentMean)
            = (_means.Mean, _means.Reciprocal, _means.Tangent, _means.NormalTangent);
        (TVector factor, TVector offset, TVector share) = (reciprocal * _gain, _offset, _share);
        (nint channels, int window) = (_means.Channels, _window);
        (int lastRow, int lastColumn) = (Math.Min(rows.End, _coveredRows), Math.Min(columns.End, _pooledWidth * window));
        for (int i = rows.First; i < lastRow; i++)
        {
            nint pooledPixel = ((nint)(i / window) * _pooledWidth + columns.First / window) * channels;
            nint pixel = ((nint)i * _width + columns.First) * channels;
            for (int j = columns.First; j < lastColumn; j += window, pooledPixel += channels)
            {
                TVector value = share * TLanes.Load(_delta + pooledPixel, lanes);
                TVector valueTangent = share * TLanes.Load(_deltaTangent + pooledPixel, lanes);
                for (int k = 0; k < window; k++, pixel += channels)
                {
                    TVector difference = TLanes.Load(_means.Input + pixel, lanes) - mean, normal = difference * reciprocal;
                    TVector moved = reciprocal
                        * (TLanes.Load(_means.InputTangent + pixel, lanes) - tangentMean - normal * normalTangentMean);
                    TVector y = TVector.MultiplyAdd(difference, factor, offset);
                    TVector d = TGate.Pass(y, value), dt = TGate.Pass(y, valueTangent);
                    deltaSum += d;
                    tangentSum += dt;
                    deltaNormalSum = TVector.MultiplyAdd(d, normal, deltaNormalSum);
                    tangentNormalSum = TVector.MultiplyAdd(dt, normal, tangentNormalSum);
                    deltaMovedSum = TVector.MultiplyAdd(d, moved, deltaMovedSum);
                }
            }
        }
        (_deltaSum, _deltaNormalSum, _tangentSum, _tangentNormalSum, _deltaMovedSum)
            = (deltaSum, deltaNormalSum, tangentSum, tangentNormalSum, deltaMovedSum);
    }

    private void ComputeMeans(int pixels)
    {
        TVector area = TVector.Create(pixels);
        _dMean = _gain * _deltaSum / area;
        _dNormalMean = _gain * _deltaNormalSum / area;
        _dTangentMean = (_gainTangent * _deltaSum + _gain * _tangentSum) / area;
        _mixedMean = (_gainTangent * _deltaNormalSum + _gain * (_tangentNormalSum + _deltaMovedSum)) / area;
        _contraction = _means.Reciprocal * _means.NormalTangent;
    }

    /// <summary>Writes a range of rows and columns of the result.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Write<TLanes, TGate>((int First, int End) rows, (int First, int End) columns, int lanes)
        where TLanes : struct, ILaneAccess<TVector>
        where TGate : struct, IGate
    {
        (TVector mean, TVector factor, TVector offset, TVector share) = (_means.Mean, _means.Reciprocal * _gain, _offset, _share);
        (nint channels, int window) = (_means.Channels, _window);
        var weights = new PixelWeights(this);
        for (int i = rows.First; i < rows.End; i++)
        {
            nint pooledPixel = ((nint)(i / window) * _pooledWidth + columns.First / window) * channels;
            nint pixel = ((nint)i * _width + columns.First) * channels;
            int j = columns.First, covered = i < _coveredRows ? Math.Min(columns.End, _pooledWidth * window) : columns.First;
            for (; j < covered; pooledPixel += channels)
            {
                TVector value = share * TLanes.Load(_delta + pooledPixel, lanes);
                TVector valueTangent = share * TLanes.Load(_deltaTangent + pooledPixel, lanes);
                for (int k = 0; k < window; k++, j++, pixel += channels)
                {
                    TVector difference = TLanes.Load(_means.Input + pixel, lanes) - mean;
                    TVector y = TVector.MultiplyAdd(difference, factor, offset);
                    TVector result = weights.Combine(difference, TLanes.Load(_means.InputTangent + pixel, lanes), TGate.Pass(y, value),
                        TGate.Pass(y, valueTangent));
                    TLanes.Store(result, _output + pixel, lanes);
                }
            }
            for (; j < columns.End; j++, pixel += channels)
            {
                TVector difference = TLanes.Load(_means.Input + pixel, lanes) - mean;
                TVector result = weights.Combine(difference, TLanes.Load(_means.InputTangent + pixel, lanes), default, default);
                TLanes.Store(result, _output + pixel, lanes);
            }
        }
    }

    /// <summary>What every pixel of the result is combined from.</summary>
    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly struct PixelWeights(in NormBackwardTangent<TVector> kernel)
    {
        private readonly TVector _reciprocal = kernel._means.Reciprocal;
        private readonly TVector _tangentMean = kernel._means.Tangent;
        private readonly TVector _normalTangentMean = kernel._means.NormalTangent;
        private readonly TVector _gain = kernel._gain;
        private readonly TVector _gainTangent = kernel._gainTangent;
        private readonly TVector _dMean = kernel._dMean;
        private readonly TVector _dNormalMean = kernel._dNormalMean;
        private readonly TVector _dTangentMean = kernel._dTangentMean;
        private readonly TVector _mixedMean = kernel._mixedMean;
        private readonly TVector _contraction = kernel._contraction;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Combine(TVector difference, TVector tangent, TVector d, TVector dt)
        {
            TVector normal = difference * _reciprocal;
            TVector moved = _reciprocal * (tangent - _tangentMean - normal * _normalTangentMean);
            TVector inputCotangent = _reciprocal * (_gain * d - _dMean - normal * _dNormalMean);
            TVector centred = _gainTangent * d + _gain * dt - _dTangentMean - moved * _dNormalMean - normal * _mixedMean;
            return _reciprocal * centred - _contraction * inputCotangent;
        }
    }
}
