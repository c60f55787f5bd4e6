using System.Numerics.Tensors;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// Solves with a symmetric positive matrix in float64 on the host: the small dense systems that remain of some methods. A = LLᵀ, rows
/// packed.
/// </summary>
internal sealed class CholeskySolver
{
    private readonly double[][] _rows;

    /// <param name="a">[n, n], of which the lower half is read; its rows become the factor.</param>
    /// <exception cref="ArgumentException">The matrix is not positive.</exception>
    public CholeskySolver(double[][] a)
    {
        _rows = a;
        for (int i = 0; i < a.Length; i++)
        {
            int row = i;
            for (int j = 0; j < i; j++)
                a[row][j] = (a[row][j] - TensorPrimitives.Dot<double>(a[row].AsSpan(0, j), a[j].AsSpan(0, j))) / a[j][j];
            double rest = a[i][i] - TensorPrimitives.Dot<double>(a[i].AsSpan(0, i), a[i].AsSpan(0, i));
            a[i][i] = rest > 0 ? Math.Sqrt(rest)
                : throw new ArgumentException($"The matrix is not positive: pivot {i} is {rest:G3}.", nameof(a));
        }
    }

    /// <summary>n.</summary>
    public int Count => _rows.Length;

    /// <summary>L⁻¹b, in place.</summary>
    public void SolveLower(Span<double> b)
    {
        for (int i = 0; i < _rows.Length; i++)
            b[i] = (b[i] - TensorPrimitives.Dot<double>(_rows[i].AsSpan(0, i), b[..i])) / _rows[i][i];
    }

    /// <summary>A⁻¹b, in place.</summary>
    public void Solve(Span<double> b)
    {
        SolveLower(b);
        for (int i = _rows.Length - 1; i >= 0; i--)
        {
            b[i] /= _rows[i][i];

            // b ← b − bᵢ·(row i of L), which is column i of Lᵀ: rows are read in one piece.
            TensorPrimitives.MultiplyAdd(_rows[i].AsSpan(0, i), -b[i], b[..i], b[..i]);
        }
    }

    /// <summary>A⁻¹ [n][n].</summary>
    public double[][] Inverse()
    {
        var inverse = new double[Count][];
        Parallel.For(0, Count, i =>
        {
            inverse[i] = new double[Count];
            inverse[i][i] = 1;
            Solve(inverse[i]);
        });
        return inverse;
    }
}
