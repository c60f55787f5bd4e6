using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>The sums over a sample's pixels that the means of a norm are made of, in one vector of channels.</summary>
internal static unsafe class PixelSums
{
    /// <summary>Computes Σ v and Σ x̂v, x̂ = (x − μ)r, of values v.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (Vector16 Sum, Vector16 NormalSum) Add<TLanes>(
        float* x, Vector16 mean, Vector16 reciprocal, float* values, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        (Vector16 centre, Vector16 factor, Vector16 sum, Vector16 normalSum) = (mean, reciprocal, default, default);
        for (nint p = 0; p < pixels * channels; p += channels)
        {
            Vector16 value = TLanes.Load(values + p, lanes);
            sum += value;
            normalSum = Vector16.MultiplyAdd((TLanes.Load(x + p, lanes) - centre) * factor, value, normalSum);
        }
        return (sum, normalSum);
    }

    /// <summary>
    /// Computes Σ δ̇ and Σ(δ̇x̂ + δx̂̇), x̂̇ = r(ẋ − mean ẋ − x̂·mean(x̂ẋ)). The means come first: expanded into sums of products, Σ δx̂̇
    /// would lose digits where ẋ is far from zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (Vector16 Sum, Vector16 NormalSum) AddTangents<TLanes>(
        in NormTangent tangent, float* cotangent, float* cotangentTangent, int pixels, nint channels, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        NormTangent own = tangent;
        (Vector16 sum, Vector16 normalSum) = (default, default);
        for (nint p = 0; p < pixels * channels; p += channels)
        {
            (Vector16 normal, Vector16 moved) = own.At<TLanes>(p, lanes);
            Vector16 value = TLanes.Load(cotangentTangent + p, lanes);
            sum += value;
            normalSum = Vector16.MultiplyAdd(value, normal, Vector16.MultiplyAdd(TLanes.Load(cotangent + p, lanes), moved, normalSum));
        }
        return (sum, normalSum);
    }
}

/// <summary>x̂ and x̂̇ of a sample's pixels, in one vector of channels.</summary>
internal readonly unsafe struct NormTangent(
    float* x, float* xTangent, Vector16 mean, Vector16 reciprocal, Vector16 tangentMean, Vector16 normalTangentMean)
{
    private readonly float* _x = x;
    private readonly float* _xTangent = xTangent;
    private readonly Vector16 _mean = mean;
    private readonly Vector16 _reciprocal = reciprocal;
    private readonly Vector16 _tangentMean = tangentMean;
    private readonly Vector16 _normalTangentMean = normalTangentMean;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Vector16 Normal, Vector16 Moved) At<TLanes>(nint pixel, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        Vector16 normal = (TLanes.Load(_x + pixel, lanes) - _mean) * _reciprocal;
        return (normal, _reciprocal * (TLanes.Load(_xTangent + pixel, lanes) - _tangentMean - normal * _normalTangentMean));
    }
}
