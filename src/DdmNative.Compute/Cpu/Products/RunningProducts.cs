using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// ⟨G_n, V_d⟩ of every sample beside a gradient G = Σₙ G_n that is being summed. The product of the running sum with each direction is
/// computed after every sample; its increase is the sample's product. So the sum, and with it every bit of the gradient, stays that of the
/// plain call, and a product costs one pass over the sum, which is in the cache: no second gradient, and none of a single sample.
/// </summary>
/// <remarks>
/// <para>Memory: a call retains the D products of the slot's sum so far in float64, so that their differences have float32's precision, and
/// the directions in its own form of the gradient where that is not the parameters'. Results are assigned.</para>
/// <para>Bound: loads, one of the sum and D of the directions for D multiply–adds; two directions go together, so that each load of the sum
/// serves both.</para>
/// </remarks>
internal sealed unsafe class RunningProducts
{
    private readonly CpuOperand _products;
    private readonly int _column;

    public RunningProducts(CpuParameters weightDirections, CpuParameters? biasDirections, CpuOperand products, SampleProducts wanted)
    {
        (WeightDirections, BiasDirections, _products) = (weightDirections, biasDirections, products);
        (_column, Count) = (wanted.Column, wanted.Count);
    }

    public CpuParameters WeightDirections { get; }

    /// <summary>Null for a layer without a bias.</summary>
    public CpuParameters? BiasDirections { get; }

    /// <summary>D.</summary>
    public int Count { get; }

    /// <summary>Floats in which a call keeps the slot's products so far, or those of one sample.</summary>
    public int TotalFloats => Count * sizeof(double) / sizeof(float);

    /// <summary>Adds the products of the bias's sum, if there is a bias.</summary>
    public void AddBias(in Tile tile, GradientSum? sum, double* totals)
    {
        if (BiasDirections is not null && sum is not null)
            Add(tile, BiasDirections, sum.Slot(tile.Workspace), totals);
    }

    /// <summary>Adds the products of a sum that has the parameters' own order.</summary>
    public void Add(in Tile tile, CpuParameters directions, float* sum, double* totals)
    {
        for (int d = 0; d < Count; d++)
            totals[d] += VectorSum.Dot(sum, directions.At(tile, d), directions.Length);
    }

    /// <summary>Adds the products of a sum with directions in the same form, <paramref name="stride"/> floats apart.</summary>
    public void Add(float* sum, float* directions, nint stride, int length, double* totals)
    {
        for (int d = 0; d < Count; d++)
            totals[d] += VectorSum.Dot(sum, directions + d * stride, length);
    }

    /// <summary>
    /// Adds the products of one plane of a Winograd sum, an even number of rows, 32 floats apart, of 16 or 32 columns, with the directions'
    /// planes of the same form.
    /// </summary>
    public void AddPlane(float* plane, float* directions, nint stride, int rows, int columns, double* totals)
    {
        for (int c = 0; c < columns; c += LanePart.Lanes)
        {
            int d = 0;
            for (; d + 2 <= Count; d += 2)
                AddPair(plane + c, directions + d * stride + c, directions + (d + 1) * stride + c, rows, totals + d);
            if (d < Count)
                totals[d] += Dot(plane + c, directions + d * stride + c, rows);
        }
    }

    /// <summary>Writes the products' increase by this sample.</summary>
    /// <param name="tile">The sample's tile.</param>
    /// <param name="sample">n.</param>
    /// <param name="totals">The products of the sum with this sample.</param>
    /// <param name="before">The products without it; assigned <paramref name="totals"/>.</param>
    public void Write(in Tile tile, int sample, double* totals, double* before)
    {
        float* target = _products.At(tile, sample) + _column;
        for (int d = 0; d < Count; d++)
        {
            // The sum of a slot begins at zero; this memory may still contain an earlier slot's values.
            target[d] = (float)(totals[d] - (IsFirstOfSlot(tile, sample) ? 0 : before[d]));
            before[d] = totals[d];
        }
    }

    private static bool IsFirstOfSlot(in Tile tile, int sample) => tile.BeginsSlot && sample == tile.FirstSample;

    private static void AddPair(float* plane, float* first, float* second, int rows, double* totals)
    {
        const int row = MatrixMicroKernel.PanelColumns, half = 8;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        for (float* end = plane + (nint)rows * row; plane < end; plane += 2 * row, first += 2 * row, second += 2 * row)
        {
            Vector256<float> s0 = Vector256.Load(plane), s1 = Vector256.Load(plane + half), s2 = Vector256.Load(plane + row),
                s3 = Vector256.Load(plane + row + half);
            a0 = Vector256.MultiplyAddEstimate(s0, Vector256.Load(first), a0);
            a1 = Vector256.MultiplyAddEstimate(s1, Vector256.Load(first + half), a1);
            a2 = Vector256.MultiplyAddEstimate(s2, Vector256.Load(first + row), a2);
            a3 = Vector256.MultiplyAddEstimate(s3, Vector256.Load(first + row + half), a3);
            b0 = Vector256.MultiplyAddEstimate(s0, Vector256.Load(second), b0);
            b1 = Vector256.MultiplyAddEstimate(s1, Vector256.Load(second + half), b1);
            b2 = Vector256.MultiplyAddEstimate(s2, Vector256.Load(second + row), b2);
            b3 = Vector256.MultiplyAddEstimate(s3, Vector256.Load(second + row + half), b3);
        }
        totals[0] += Vector256.Sum(a0 + a1 + (a2 + a3));
        totals[1] += Vector256.Sum(b0 + b1 + (b2 + b3));
    }

    private static double Dot(float* plane, float* direction, int rows)
    {
        const int row = MatrixMicroKernel.PanelColumns, half = 8;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (float* end = plane + (nint)rows * row; plane < end; plane += 2 * row, direction += 2 * row)
        {
            a0 = Vector256.MultiplyAddEstimate(Vector256.Load(plane), Vector256.Load(direction), a0);
            a1 = Vector256.MultiplyAddEstimate(Vector256.Load(plane + half), Vector256.Load(direction + half), a1);
            a2 = Vector256.MultiplyAddEstimate(Vector256.Load(plane + row), Vector256.Load(direction + row), a2);
            a3 = Vector256.MultiplyAddEstimate(Vector256.Load(plane + row + half), Vector256.Load(direction + row + half), a3);
        }
        return Vector256.Sum(a0 + a1 + (a2 + a3));
    }
}
