namespace DdmNative.Attribution.Methods;

/// <summary>Eigenvectors of a symmetric matrix by Jacobi's rotations (Golub and Van Loan, "Matrix computations", §8.5), in float64 on the host.</summary>
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
            }
        }

        return u;
    }

    private static void Rotate(double[][] a, double[][] u, int p, int q)
    {
        if (a[p][q] == 0)
            return;
        double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        double t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1)), c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        double[] rowP = a[p], rowQ = a[q];
        double pp = rowP[p] - t * rowP[q], qq = rowQ[q] + t * rowP[q];
        for (int i = 0; i < a.Length; i++)
        {
            if (i == p || i == q)
                continue;
            (double x, double y) = (rowP[i], rowQ[i]);
            a[i][p] = rowP[i] = c * x - s * y;
            a[i][q] = rowQ[i] = s * x + c * y;
        }

        (rowP[p], rowQ[q], rowP[q], rowQ[p]) = (pp, qq, 0, 0);
        (double[] up, double[] uq) = (u[p], u[q]);
        for (int i = 0; i < a.Length; i++)
            (up[i], uq[i]) = (c * up[i] - s * uq[i], s * up[i] + c * uq[i]);
    }
}
