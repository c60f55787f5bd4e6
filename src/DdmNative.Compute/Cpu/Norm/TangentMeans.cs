using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>The means of ẋ and of x̂·ẋ over one image's pixels, of one vector of channels: what every tangent of a norm needs.</summary>
internal unsafe struct TangentMeans<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    public float* Input;
    public float* InputTangent;

    /// <summary>Floats from a pixel to the next one.</summary>
    public nint Channels;
    public TVector Mean;
    public TVector Reciprocal;

    /// <summary>The mean of ẋ.</summary>
    public TVector Tangent;

    /// <summary>The mean of x̂·ẋ.</summary>
    public TVector NormalTangent;

    private int _pixels;

    public static TangentMeans<TVector> Create<TLanes>(
        CpuOperand x, CpuOperand xTangent, CpuOperand statistics, in Tile tile, int sample, int channel, int lanes)
        where TLanes : struct, ILaneAccess<TVector>
    {
        TensorShape images = x.Tensor.Shape;
        float* saved = statistics.At(tile, sample) + channel;
        return new TangentMeans<TVector>
        {
            Input = x.At(tile, sample) + channel,
            InputTangent = xTangent.At(tile, sample) + channel,
            Channels = images.Channels,
            Mean = TLanes.Load(saved, lanes),
            Reciprocal = TLanes.Load(saved + images.Channels, lanes),
            _pixels = images.Height * images.Width,
        };
    }

    /// <summary>Computes the means of adjacent vectors of channels, which take turns.</summary>
    public static void Compute<TLanes>(Span<TangentMeans<TVector>> parts, int lanes)
        where TLanes : struct, ILaneAccess<TVector>
    {
        int pixels = parts[0]._pixels, strip = StripCall.StripLength<TVector>(StripCall.StripPixels, pixels);
        for (int first = 0; first < pixels; first += strip)
            for (int k = 0; k < parts.Length; k++)
                parts[k].Add<TLanes>(first, Math.Min(first + strip, pixels), lanes);
        TVector area = TVector.Create(pixels);
        for (int k = 0; k < parts.Length; k++)
        {
            parts[k].Tangent /= area;
            parts[k].NormalTangent /= area;
        }
    }

    /// <summary>Adds a range of pixels to the sums.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add<TLanes>(int first, int end, int lanes)
        where TLanes : struct, ILaneAccess<TVector>
    {
        (TVector mean, TVector reciprocal, TVector sum, TVector productSum) = (Mean, Reciprocal, Tangent, NormalTangent);
        nint channels = Channels;
        float* input = Input;
        float* tangent = InputTangent;
        for (nint p = first; p < end; p++)
        {
            TVector t = TLanes.Load(tangent + p * channels, lanes);
            sum += t;
            productSum = TVector.MultiplyAdd((TLanes.Load(input + p * channels, lanes) - mean) * reciprocal, t, productSum);
        }
        (Tangent, NormalTangent) = (sum, productSum);
    }
}
