using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The five linear maps of Winograd's F(4×4, 3×3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016): a 3×3
/// convolution becomes 36 products in a transformed domain, Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, with 36 multiplications where the plain form
/// needs 144.
/// </summary>
/// <remarks>
/// A map is one 1-D transform applied to the columns and then to the rows of a small square, sixteen channels at a time. The filter's
/// gradient is the adjoint: δg = Gᵀ[Σ (Bᵀ d B) ⊙ (A δ Aᵀ)]G. The transforms' constants cost about a decimal digit: see docs/kernels.md for
/// the error each shape has.
/// </remarks>
internal static unsafe class WinogradTransform
{
    /// <summary>Output pixels a tile covers in each direction.</summary>
    public const int TileSize = 4;

    /// <summary>Input pixels a tile reads, and transformed values it has, in each direction.</summary>
    public const int Frequencies = 6;

    /// <summary>Products in the transformed domain.</summary>
    public const int Products = Frequencies * Frequencies;

    private const int Lanes = LanePart.Lanes;

    /// <summary>
    /// Bᵀ d B of a 6×6 patch: from [6 rows, 6 pixels] with the given strides to 36 values, <paramref name="targetStride"/> apart.
    /// </summary>
    public static void Image(float* source, nint rowStride, nint pixelStride, float* target, nint targetStride)
        => Apply<ImageMap>(source, rowStride, pixelStride, target, targetStride);

    /// <summary>G g Gᵀ of a 3×3 filter: from nine values <paramref name="sourceStride"/> apart to 36.</summary>
    public static void Filter(float* source, nint sourceStride, float* target, nint targetStride)
        => Apply<FilterMap>(source, 3 * sourceStride, sourceStride, target, targetStride);

    /// <summary>Aᵀ M A of 36 values to a 4×4 patch of outputs, contiguous: [4, 4, 16].</summary>
    public static void Output(float* source, nint sourceStride, float* target)
        => Apply<OutputMap>(source, Frequencies * sourceStride, sourceStride, target, Lanes);

    /// <summary>A δ Aᵀ of a 4×4 patch of cotangents to 36 values.</summary>
    public static void Cotangent(float* source, nint rowStride, nint pixelStride, float* target, nint targetStride)
        => Apply<CotangentMap>(source, rowStride, pixelStride, target, targetStride);

    /// <summary>Gᵀ U G of 36 values to the nine of a filter's gradient.</summary>
    public static void FilterGradient(float* source, nint sourceStride, float* target, nint targetStride)
        => Apply<FilterGradientMap>(source, Frequencies * sourceStride, sourceStride, target, targetStride);

    /// <summary>One 1-D transform: reads Inputs vectors, writes Outputs vectors.</summary>
    private interface IMap
    {
        static abstract int Inputs { get; }

        static abstract int Outputs { get; }

        static abstract void Transform(float* source, nint sourceStride, float* target, nint targetStride);
    }

    private static void Apply<TMap>(float* source, nint rowStride, nint pixelStride, float* target, nint targetStride)
        where TMap : struct, IMap
    {
        float* half = stackalloc float[Products * Lanes];
        for (int column = 0; column < TMap.Inputs; column++)
            TMap.Transform(source + column * pixelStride, rowStride, half + column * Lanes, TMap.Inputs * Lanes);
        for (int row = 0; row < TMap.Outputs; row++)
            TMap.Transform(half + row * TMap.Inputs * Lanes, Lanes, target + row * TMap.Outputs * targetStride, targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scaled(float factor, Vector512<float> value, Vector512<float> sum)
        => Vector512.MultiplyAddEstimate(Vector512.Create(factor), value, sum);

    private readonly struct ImageMap : IMap
    {
        public static int Inputs => 6;

        public static int Outputs => 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform(float* source, nint sourceStride, float* target, nint targetStride)
        {
            Vector512<float> d0 = Vector512.Load(source), d1 = Vector512.Load(source + sourceStride),
                d2 = Vector512.Load(source + 2 * sourceStride);
            Vector512<float> d3 = Vector512.Load(source + 3 * sourceStride), d4 = Vector512.Load(source + 4 * sourceStride),
                d5 = Vector512.Load(source + 5 * sourceStride);
            Vector512<float> evenFar = Scaled(-4, d2, d4), oddFar = Scaled(-4, d1, d3);
            Vector512<float> evenNear = d4 - d2, oddNear = d3 - d1;
            Scaled(4, d0, Scaled(-5, d2, d4)).Store(target);
            (evenFar + oddFar).Store(target + targetStride);
            (evenFar - oddFar).Store(target + 2 * targetStride);
            Scaled(2, oddNear, evenNear).Store(target + 3 * targetStride);
            Scaled(-2, oddNear, evenNear).Store(target + 4 * targetStride);
            Scaled(4, d1, Scaled(-5, d3, d5)).Store(target + 5 * targetStride);
        }
    }

    private readonly struct FilterMap : IMap
    {
        public static int Inputs => 3;

        public static int Outputs => 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform(float* source, nint sourceStride, float* target, nint targetStride)
        {
            Vector512<float> g0 = Vector512.Load(source), g1 = Vector512.Load(source + sourceStride),
                g2 = Vector512.Load(source + 2 * sourceStride);
            Vector512<float> near = Vector512.Create(-1f / 6) * (g0 + g2);
            Vector512<float> far = Scaled(1f / 24, g0, Vector512.Create(1f / 6) * g2);
            (Vector512.Create(0.25f) * g0).Store(target);
            Scaled(-1f / 6, g1, near).Store(target + targetStride);
            Scaled(1f / 6, g1, near).Store(target + 2 * targetStride);
            Scaled(1f / 12, g1, far).Store(target + 3 * targetStride);
            Scaled(-1f / 12, g1, far).Store(target + 4 * targetStride);
            g2.Store(target + 5 * targetStride);
        }
    }

    private readonly struct OutputMap : IMap
    {
        public static int Inputs => 6;

        public static int Outputs => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform(float* source, nint sourceStride, float* target, nint targetStride)
        {
            Vector512<float> m0 = Vector512.Load(source), m1 = Vector512.Load(source + sourceStride),
                m2 = Vector512.Load(source + 2 * sourceStride);
            Vector512<float> m3 = Vector512.Load(source + 3 * sourceStride), m4 = Vector512.Load(source + 4 * sourceStride),
                m5 = Vector512.Load(source + 5 * sourceStride);
            Vector512<float> nearSum = m1 + m2, nearDifference = m1 - m2, farSum = m3 + m4, farDifference = m3 - m4;
            (m0 + nearSum + farSum).Store(target);
            Scaled(2, farDifference, nearDifference).Store(target + targetStride);
            Scaled(4, farSum, nearSum).Store(target + 2 * targetStride);
            (Scaled(8, farDifference, nearDifference) + m5).Store(target + 3 * targetStride);
        }
    }

    private readonly struct CotangentMap : IMap
    {
        public static int Inputs => 4;

        public static int Outputs => 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform(float* source, nint sourceStride, float* target, nint targetStride)
        {
            Vector512<float> y0 = Vector512.Load(source), y1 = Vector512.Load(source + sourceStride);
            Vector512<float> y2 = Vector512.Load(source + 2 * sourceStride), y3 = Vector512.Load(source + 3 * sourceStride);
            Vector512<float> evenNear = y0 + y2, oddNear = y1 + y3;
            Vector512<float> evenFar = Scaled(4, y2, y0), oddFar = Vector512.Create(2f) * Scaled(4, y3, y1);
            y0.Store(target);
            (evenNear + oddNear).Store(target + targetStride);
            (evenNear - oddNear).Store(target + 2 * targetStride);
            (evenFar + oddFar).Store(target + 3 * targetStride);
            (evenFar - oddFar).Store(target + 4 * targetStride);
            y3.Store(target + 5 * targetStride);
        }
    }

    private readonly struct FilterGradientMap : IMap
    {
        public static int Inputs => 6;

        public static int Outputs => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform(float* source, nint sourceStride, float* target, nint targetStride)
        {
            Vector512<float> u0 = Vector512.Load(source), u1 = Vector512.Load(source + sourceStride),
                u2 = Vector512.Load(source + 2 * sourceStride);
            Vector512<float> u3 = Vector512.Load(source + 3 * sourceStride), u4 = Vector512.Load(source + 4 * sourceStride),
                u5 = Vector512.Load(source + 5 * sourceStride);
            Vector512<float> nearSum = u1 + u2, farSum = u3 + u4;
            Scaled(0.25f, u0, Scaled(-1f / 6, nearSum, Vector512.Create(1f / 24) * farSum)).Store(target);
            Scaled(1f / 6, u2 - u1, Vector512.Create(1f / 12) * (u3 - u4)).Store(target + targetStride);
            (Scaled(1f / 6, farSum - nearSum, u5)).Store(target + 2 * targetStride);
        }
    }
}
