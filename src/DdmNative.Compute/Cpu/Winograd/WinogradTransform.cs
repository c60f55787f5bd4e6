using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The five linear maps of Winograd's F(4×4, 3×3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016): a 3×3
/// convolution becomes 36 products in a transformed domain, Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, with 36 multiplications where the plain form
/// needs 144.
/// </summary>
/// <remarks>
/// <para>A map is one 1-D transform applied to the columns and then to the rows of a small square, a vector of channels at a time. The
/// filter's gradient is the adjoint: δg = Gᵀ[Σ (Bᵀ d B) ⊙ (A δ Aᵀ)]G. The transforms' constants cost about a decimal digit: see
/// docs/kernels.md for the error each shape has.</para>
/// <para>Rows of the result that share terms are computed together, in pairs, all channels of one pair before the next. So no more than
/// twelve vectors lie between the columns' transform and the rows', which sixteen registers hold, and a pair writes to twelve places only.
/// The source is read up to three times, from the first-level cache.</para>
/// </remarks>
internal static unsafe class WinogradTransform
{
    /// <summary>Output pixels a tile covers in each direction.</summary>
    public const int TileSize = 4;

    /// <summary>Input pixels a tile reads, and transformed values it has, in each direction.</summary>
    public const int Frequencies = 6;

    /// <summary>Products in the transformed domain.</summary>
    public const int Products = Frequencies * Frequencies;

    /// <summary>
    /// Bᵀ d B of a 6×6 patch: from [6 rows, 6 pixels] with the given strides to 36 values, <paramref name="targetStride"/> apart.
    /// </summary>
    /// <param name="source">The patch's first pixel.</param>
    /// <param name="rowStride">Floats from a row to the next one.</param>
    /// <param name="pixelStride">Floats from a pixel to the next one.</param>
    /// <param name="target">The first value.</param>
    /// <param name="targetStride">Floats from a value to the next one.</param>
    /// <param name="channels">A multiple of 16.</param>
    public static void Image(float* source, nint rowStride, nint pixelStride, float* target, nint targetStride, int channels)
        => Apply<ImageMap>(source, rowStride, pixelStride, target, targetStride, channels);

    /// <summary>G g Gᵀ of a 3×3 filter: from nine values <paramref name="sourceStride"/> apart to 36.</summary>
    public static void Filter(float* source, nint sourceStride, float* target, nint targetStride, int channels)
        => Apply<FilterMap>(source, 3 * sourceStride, sourceStride, target, targetStride, channels);

    /// <summary>A δ Aᵀ of a 4×4 patch of cotangents to 36 values.</summary>
    public static void Cotangent(float* source, nint rowStride, nint pixelStride, float* target, nint targetStride, int channels)
        => Apply<CotangentMap>(source, rowStride, pixelStride, target, targetStride, channels);

    /// <summary>Gᵀ U G of 36 values to the nine of a filter's gradient.</summary>
    public static void FilterGradient(float* source, nint sourceStride, float* target, nint targetStride, int channels)
        => Apply<FilterGradientMap>(source, Frequencies * sourceStride, sourceStride, target, targetStride, channels);

    /// <summary>
    /// Aᵀ M A of 36 values to a 4×4 patch of outputs plus the bias. Output k is stored <paramref name="offsets"/>[k] floats after
    /// <paramref name="target"/>, in the order that <see cref="OutputOffsets"/> assumes.
    /// </summary>
    public static void Output(float* source, nint sourceStride, float* bias, float* target, nint* offsets, int channels)
    {
        if (Vector512.IsHardwareAccelerated)
            Output<Vector16>(source, sourceStride, bias, target, offsets, channels);
        else
            Output<Vector8>(source, sourceStride, bias, target, offsets, channels);
    }

    /// <summary>
    /// Offsets of a 4×4 patch of which only <paramref name="height"/> rows and <paramref name="width"/> columns are inside the image: a
    /// pixel outside goes where a pixel inside is stored later. <see cref="Output"/> stores rows 3, 1, 2 and 0, and a row from its last
    /// pixel to its first.
    /// </summary>
    public static void OutputOffsets(nint* offsets, int height, int width, nint rowStride, nint pixelStride)
    {
        for (int row = 0; row < TileSize; row++)
        {
            int insideRow = row < height ? row : row % 2 < height ? row % 2 : 0;
            for (int column = 0; column < TileSize; column++)
                offsets[row * TileSize + column] = insideRow * rowStride + (column < width ? column : 0) * pixelStride;
        }
    }

    /// <summary>A 1-D transform, whose outputs are computed in pairs.</summary>
    private interface IMap
    {
        static abstract int Inputs { get; }

        static abstract int Outputs { get; }

        /// <summary>The outputs of a pair; the second is negative if the pair has only one.</summary>
        static abstract (int First, int Second) Pair(int pair);

        /// <summary>Computes a pair of outputs of inputs that are <paramref name="stride"/> floats apart.</summary>
        static abstract void Transform<TVector>(int pair, float* source, nint stride, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>;

        /// <summary>Stores all outputs of inputs in registers, <paramref name="stride"/> floats apart.</summary>
        static abstract void Store<TVector>(
            TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, float* target, nint stride)
            where TVector : unmanaged, IVector<TVector>;
    }

    /// <summary>A pair's number as a constant for the compiler.</summary>
    private interface IPair
    {
        static abstract int Number { get; }
    }

    private static void Apply<TMap>(float* source, nint rowStride, nint pixelStride, float* target, nint targetStride, int channels)
        where TMap : struct, IMap
    {
        if (Vector512.IsHardwareAccelerated)
            Apply<Vector16, TMap>(source, rowStride, pixelStride, target, targetStride, channels);
        else
            Apply<Vector8, TMap>(source, rowStride, pixelStride, target, targetStride, channels);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply<TVector, TMap>(
        float* source, nint rowStride, nint pixelStride, float* target, nint targetStride, int channels)
        where TVector : unmanaged, IVector<TVector>
        where TMap : struct, IMap
    {
        ApplyPair<TVector, TMap, FirstPair>(source, rowStride, pixelStride, target, targetStride, channels);
        ApplyPair<TVector, TMap, SecondPair>(source, rowStride, pixelStride, target, targetStride, channels);
        if (TMap.Outputs > 4)
            ApplyPair<TVector, TMap, ThirdPair>(source, rowStride, pixelStride, target, targetStride, channels);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ApplyPair<TVector, TMap, TPair>(
        float* source, nint rowStride, nint pixelStride, float* target, nint targetStride, int channels)
        where TVector : unmanaged, IVector<TVector>
        where TMap : struct, IMap
        where TPair : struct, IPair
    {
        (int firstRow, int secondRow) = TMap.Pair(TPair.Number);
        float* first = target + firstRow * TMap.Outputs * targetStride;
        float* second = target + secondRow * TMap.Outputs * targetStride;
        for (nint c = 0; c < channels; c += TVector.Lanes)
        {
            float* column = source + c;
            TVector a3 = default, a4 = default, a5 = default, b3 = default, b4 = default, b5 = default;
            TMap.Transform(TPair.Number, column, rowStride, out TVector a0, out TVector b0);
            TMap.Transform(TPair.Number, column += pixelStride, rowStride, out TVector a1, out TVector b1);
            TMap.Transform(TPair.Number, column += pixelStride, rowStride, out TVector a2, out TVector b2);
            if (TMap.Inputs > 3)
                TMap.Transform(TPair.Number, column += pixelStride, rowStride, out a3, out b3);
            if (TMap.Inputs > 4)
            {
                TMap.Transform(TPair.Number, column += pixelStride, rowStride, out a4, out b4);
                TMap.Transform(TPair.Number, column + pixelStride, rowStride, out a5, out b5);
            }
            TMap.Store(a0, a1, a2, a3, a4, a5, first + c, targetStride);
            if (secondRow >= 0)
                TMap.Store(b0, b1, b2, b3, b4, b5, second + c, targetStride);
        }
    }

    private static void Output<TVector>(float* source, nint sourceStride, float* bias, float* target, nint* offsets, int channels)
        where TVector : unmanaged, IVector<TVector>
    {
        int whole = channels / TVector.Lanes * TVector.Lanes;
        Output<TVector, WholeLanes<TVector>, SecondPair>(source, sourceStride, bias, target, offsets, whole);
        Output<TVector, WholeLanes<TVector>, FirstPair>(source, sourceStride, bias, target, offsets, whole);
        if (whole == channels)
            return;
        Output<TVector, PartLanes<TVector>, SecondPair>(
            source + whole, sourceStride, bias + whole, target + whole, offsets, channels - whole);
        Output<TVector, PartLanes<TVector>, FirstPair>(
            source + whole, sourceStride, bias + whole, target + whole, offsets, channels - whole);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Output<TVector, TLanes, TPair>(
        float* source, nint sourceStride, float* bias, float* target, nint* offsets, int channels)
        where TVector : unmanaged, IVector<TVector>
        where TLanes : struct, ILaneAccess<TVector>
        where TPair : struct, IPair
    {
        (int firstRow, int secondRow) = OutputMap.Pair(TPair.Number);
        nint rowStride = Frequencies * sourceStride;
        for (nint c = 0; c < channels; c += TVector.Lanes)
        {
            float* column = source + c;
            OutputMap.Transform(TPair.Number, column, rowStride, out TVector a0, out TVector b0);
            OutputMap.Transform(TPair.Number, column += sourceStride, rowStride, out TVector a1, out TVector b1);
            OutputMap.Transform(TPair.Number, column += sourceStride, rowStride, out TVector a2, out TVector b2);
            OutputMap.Transform(TPair.Number, column += sourceStride, rowStride, out TVector a3, out TVector b3);
            OutputMap.Transform(TPair.Number, column += sourceStride, rowStride, out TVector a4, out TVector b4);
            OutputMap.Transform(TPair.Number, column + sourceStride, rowStride, out TVector a5, out TVector b5);
            TVector offset = TVector.Load(bias + c);
            OutputMap.Store<TVector, TLanes>(b0, b1, b2, b3, b4, b5, offset, target + c, offsets + secondRow * TileSize, channels);
            OutputMap.Store<TVector, TLanes>(a0, a1, a2, a3, a4, a5, offset, target + c, offsets + firstRow * TileSize, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scaled<TVector>(float factor, TVector value, TVector sum)
        where TVector : unmanaged, IVector<TVector>
        => TVector.MultiplyAdd(TVector.Create(factor), value, sum);

    private readonly struct FirstPair : IPair
    {
        public static int Number => 0;
    }

    private readonly struct SecondPair : IPair
    {
        public static int Number => 1;
    }

    private readonly struct ThirdPair : IPair
    {
        public static int Number => 2;
    }

    /// <summary>Bᵀ.</summary>
    private readonly struct ImageMap : IMap
    {
        public static int Inputs => 6;

        public static int Outputs => 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (int First, int Second) Pair(int pair) => pair == 0 ? (0, 5) : pair == 1 ? (1, 2) : (3, 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform<TVector>(int pair, float* source, nint stride, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            if (pair == 0)
            {
                TVector d0 = TVector.Load(source), d1 = TVector.Load(source + stride);
                TVector d2 = TVector.Load(source + 2 * stride), d3 = TVector.Load(source + 3 * stride);
                TVector d4 = TVector.Load(source + 4 * stride), d5 = TVector.Load(source + 5 * stride);
                first = Edge(d0, d2, d4);
                second = Edge(d1, d3, d5);
            }
            else if (pair == 1)
            {
                TVector d1 = TVector.Load(source + stride), d2 = TVector.Load(source + 2 * stride);
                TVector d3 = TVector.Load(source + 3 * stride), d4 = TVector.Load(source + 4 * stride);
                Far(d1, d2, d3, d4, out first, out second);
            }
            else
            {
                TVector d1 = TVector.Load(source + stride), d2 = TVector.Load(source + 2 * stride);
                TVector d3 = TVector.Load(source + 3 * stride), d4 = TVector.Load(source + 4 * stride);
                Near(d1, d2, d3, d4, out first, out second);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TVector>(
            TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, float* target, nint stride)
            where TVector : unmanaged, IVector<TVector>
        {
            Far(v1, v2, v3, v4, out TVector t1, out TVector t2);
            Near(v1, v2, v3, v4, out TVector t3, out TVector t4);
            Edge(v0, v2, v4).Store(target);
            t1.Store(target += stride);
            t2.Store(target += stride);
            t3.Store(target += stride);
            t4.Store(target += stride);
            Edge(v1, v3, v5).Store(target + stride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Edge<TVector>(TVector a, TVector b, TVector c)
            where TVector : unmanaged, IVector<TVector>
            => Scaled(4, a, Scaled(-5, b, c));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Far<TVector>(TVector d1, TVector d2, TVector d3, TVector d4, out TVector sum, out TVector difference)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector even = Scaled(-4, d2, d4), odd = Scaled(-4, d1, d3);
            (sum, difference) = (even + odd, even - odd);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Near<TVector>(TVector d1, TVector d2, TVector d3, TVector d4, out TVector sum, out TVector difference)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector even = d4 - d2, odd = d3 - d1;
            (sum, difference) = (Scaled(2, odd, even), Scaled(-2, odd, even));
        }
    }

    /// <summary>G.</summary>
    private readonly struct FilterMap : IMap
    {
        public static int Inputs => 3;

        public static int Outputs => 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (int First, int Second) Pair(int pair) => pair == 0 ? (0, 5) : pair == 1 ? (1, 2) : (3, 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform<TVector>(int pair, float* source, nint stride, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            if (pair == 0)
            {
                TVector g0 = TVector.Load(source), g2 = TVector.Load(source + 2 * stride);
                first = TVector.Create(0.25f) * g0;
                second = g2;
            }
            else if (pair == 1)
            {
                TVector g0 = TVector.Load(source), g1 = TVector.Load(source + stride);
                TVector g2 = TVector.Load(source + 2 * stride);
                Near(g0, g1, g2, out first, out second);
            }
            else
            {
                TVector g0 = TVector.Load(source), g1 = TVector.Load(source + stride);
                TVector g2 = TVector.Load(source + 2 * stride);
                Far(g0, g1, g2, out first, out second);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TVector>(
            TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, float* target, nint stride)
            where TVector : unmanaged, IVector<TVector>
        {
            Near(v0, v1, v2, out TVector t1, out TVector t2);
            Far(v0, v1, v2, out TVector t3, out TVector t4);
            (TVector.Create(0.25f) * v0).Store(target);
            t1.Store(target += stride);
            t2.Store(target += stride);
            t3.Store(target += stride);
            t4.Store(target += stride);
            v2.Store(target + stride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Near<TVector>(TVector g0, TVector g1, TVector g2, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector near = TVector.Create(-1f / 6) * (g0 + g2);
            (first, second) = (Scaled(-1f / 6, g1, near), Scaled(1f / 6, g1, near));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Far<TVector>(TVector g0, TVector g1, TVector g2, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector far = Scaled(1f / 24, g0, TVector.Create(1f / 6) * g2);
            (first, second) = (Scaled(1f / 12, g1, far), Scaled(-1f / 12, g1, far));
        }
    }

    /// <summary>Aᵀ.</summary>
    private readonly struct OutputMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (int First, int Second) Pair(int pair) => pair == 0 ? (0, 2) : (1, 3);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform<TVector>(int pair, float* source, nint stride, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            if (pair == 0)
            {
                TVector m0 = TVector.Load(source), m1 = TVector.Load(source + stride);
                TVector m2 = TVector.Load(source + 2 * stride), m3 = TVector.Load(source + 3 * stride);
                TVector m4 = TVector.Load(source + 4 * stride);
                Even(m0, m1, m2, m3, m4, out first, out second);
            }
            else
            {
                TVector m1 = TVector.Load(source + stride), m2 = TVector.Load(source + 2 * stride);
                TVector m3 = TVector.Load(source + 3 * stride), m4 = TVector.Load(source + 4 * stride);
                TVector m5 = TVector.Load(source + 5 * stride);
                Odd(m1, m2, m3, m4, m5, out first, out second);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TVector, TLanes>(
            TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, TVector bias, float* target, nint* offsets, int lanes)
            where TVector : unmanaged, IVector<TVector>
            where TLanes : struct, ILaneAccess<TVector>
        {
            Even(v0, v1, v2, v3, v4, out TVector t0, out TVector t2);
            Odd(v1, v2, v3, v4, v5, out TVector t1, out TVector t3);
            TLanes.Store(t3 + bias, target + offsets[3], lanes);
            TLanes.Store(t2 + bias, target + offsets[2], lanes);
            TLanes.Store(t1 + bias, target + offsets[1], lanes);
            TLanes.Store(t0 + bias, target + offsets[0], lanes);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Even<TVector>(
            TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector near = m1 + m2, far = m3 + m4;
            (first, second) = (m0 + near + far, Scaled(4, far, near));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Odd<TVector>(
            TVector m1, TVector m2, TVector m3, TVector m4, TVector m5, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector near = m1 - m2, far = m3 - m4;
            (first, second) = (Scaled(2, far, near), Scaled(8, far, near) + m5);
        }
    }

    /// <summary>A.</summary>
    private readonly struct CotangentMap : IMap
    {
        public static int Inputs => 4;

        public static int Outputs => 6;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (int First, int Second) Pair(int pair) => pair == 0 ? (0, 5) : pair == 1 ? (1, 2) : (3, 4);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform<TVector>(int pair, float* source, nint stride, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            if (pair == 0)
            {
                TVector y0 = TVector.Load(source), y3 = TVector.Load(source + 3 * stride);
                (first, second) = (y0, y3);
            }
            else if (pair == 1)
            {
                TVector y0 = TVector.Load(source), y1 = TVector.Load(source + stride);
                TVector y2 = TVector.Load(source + 2 * stride), y3 = TVector.Load(source + 3 * stride);
                Near(y0, y1, y2, y3, out first, out second);
            }
            else
            {
                TVector y0 = TVector.Load(source), y1 = TVector.Load(source + stride);
                TVector y2 = TVector.Load(source + 2 * stride), y3 = TVector.Load(source + 3 * stride);
                Far(y0, y1, y2, y3, out first, out second);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TVector>(
            TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, float* target, nint stride)
            where TVector : unmanaged, IVector<TVector>
        {
            Near(v0, v1, v2, v3, out TVector t1, out TVector t2);
            Far(v0, v1, v2, v3, out TVector t3, out TVector t4);
            v0.Store(target);
            t1.Store(target += stride);
            t2.Store(target += stride);
            t3.Store(target += stride);
            t4.Store(target += stride);
            v3.Store(target + stride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Near<TVector>(TVector y0, TVector y1, TVector y2, TVector y3, out TVector sum, out TVector difference)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector even = y0 + y2, odd = y1 + y3;
            (sum, difference) = (even + odd, even - odd);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Far<TVector>(TVector y0, TVector y1, TVector y2, TVector y3, out TVector sum, out TVector difference)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector even = Scaled(4, y2, y0), odd = TVector.Create(2f) * Scaled(4, y3, y1);
            (sum, difference) = (even + odd, even - odd);
        }
    }

    /// <summary>Gᵀ.</summary>
    private readonly struct FilterGradientMap : IMap
    {
        public static int Inputs => 6;

        public static int Outputs => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (int First, int Second) Pair(int pair) => pair == 0 ? (0, 2) : (1, -1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Transform<TVector>(int pair, float* source, nint stride, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            if (pair == 0)
            {
                TVector u0 = TVector.Load(source), u1 = TVector.Load(source + stride);
                TVector u2 = TVector.Load(source + 2 * stride), u3 = TVector.Load(source + 3 * stride);
                TVector u4 = TVector.Load(source + 4 * stride), u5 = TVector.Load(source + 5 * stride);
                Even(u0, u1, u2, u3, u4, u5, out first, out second);
            }
            else
            {
                TVector u1 = TVector.Load(source + stride), u2 = TVector.Load(source + 2 * stride);
                TVector u3 = TVector.Load(source + 3 * stride), u4 = TVector.Load(source + 4 * stride);
                (first, second) = (Odd(u1, u2, u3, u4), default);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TVector>(
            TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, float* target, nint stride)
            where TVector : unmanaged, IVector<TVector>
        {
            Even(v0, v1, v2, v3, v4, v5, out TVector t0, out TVector t2);
            t0.Store(target);
            Odd(v1, v2, v3, v4).Store(target + stride);
            t2.Store(target + 2 * stride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Even<TVector>(
            TVector u0, TVector u1, TVector u2, TVector u3, TVector u4, TVector u5, out TVector first, out TVector second)
            where TVector : unmanaged, IVector<TVector>
        {
            TVector near = u1 + u2, far = u3 + u4;
            first = Scaled(0.25f, u0, Scaled(-1f / 6, near, TVector.Create(1f / 24) * far));
            second = Scaled(1f / 6, far - near, u5);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Odd<TVector>(TVector u1, TVector u2, TVector u3, TVector u4)
            where TVector : unmanaged, IVector<TVector>
            => Scaled(1f / 6, u2 - u1, TVector.Create(1f / 12) * (u3 - u4));
    }
}
