using System.Numerics;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// Eigenvectors of a symmetric matrix by Jacobi's rotations (Golub and Van Loan, "Matrix computations", §8.5), in float64 on the host.
/// </summary>
internal static class SymmetricEigen
{
    private const int Sweeps = 60;

    /// <summary>U [n][n] with A = UᵀDU: row i is the i-th eigenvector. Their order is that of no eigenvalue in particular.</summary>
    /// <param name="a">[n][n], symmetric; becomes D.</param>
    public static double[][] Vectors(double[][] a)
    {
        int n = a.Length;
        var u = new double[n][];
        for (int i = 0; i < n; i++)
        {
            u[i] = new double[n];
            u[i][i] = 1;
        }

        double enough = 1e-30 * a.Sum(row => row.Sum(value => value * value));
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            double off = 0;
            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                    off += a[p][q] * a[p][q];
            }

            if (off <= enough)
                break;
            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                    Rotate(a, u, p, q);

                // Column p is looked at in row p alone until p is done.
                for (int i = 0; i < n; i++)
                    a[i][p] = a[p][i];
            }
        }

        return u;
    }

    /// <summary>Turns rows p and q and column q; column p is left as it was.</summary>
    private static void Rotate(double[][] a, double[][] u, int p, int q)
    {
        if (a[p][q] == 0)
            return;
        double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        double t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1)), c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        double[] rowP = a[p], rowQ = a[q];
        double pp = rowP[p] - t * rowP[q], qq = rowQ[q] + t * rowP[q];
        Turn(rowP, rowQ, c, s);
        (rowP[p], rowQ[q], rowP[q], rowQ[p]) = (pp, qq, 0, 0);
        for (int i = 0; i < a.Length; i++)
        {
            if (i != p && i != q)
                a[i][q] = rowQ[i];
        }

        Turn(u[p], u[q], c, s);
    }

    /// <summary>(x, y) ← (cx − sy, sx + cy).</summary>
    private static void Turn(Span<double> x, Span<double> y, double c, double s)
    {
        int i = 0;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> a = new(x[i..]), b = new(y[i..]);
            (a * c - b * s).CopyTo(x[i..]);
            (a * s + b * c).CopyTo(y[i..]);
        }

        for (; i < x.Length; i++)
            (x[i], y[i]) = (c * x[i] - s * y[i], s * x[i] + c * y[i]);
    }
}
