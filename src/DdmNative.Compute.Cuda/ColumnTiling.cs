using System.Numerics;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// How blocks cover a matrix [rows, columns] whose columns are summed (kernels/ColumnTile.cuh). It depends only on the matrix, so that sums
/// have the same bits for any number of members.
/// </summary>
/// <param name="Width">Columns of a lane: 4 (16-byte accesses) or 1.</param>
/// <param name="Lanes">Lanes over a block's columns, a power of two.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Fits">Whether a thread's rows fit its registers.</param>
/// <param name="Tiles">Blocks of a matrix.</param>
internal readonly record struct ColumnTiling(int Width, int Lanes, int Threads, bool Fits, int Tiles)
{
    private const int Warp = 32;
    private const int UsualThreads = 256;

    /// <summary>"vector" or "scalar", the suffix of the kernels' names.</summary>
    public string Accesses => Width == 4 ? "vector" : "scalar";

    /// <summary>
    /// The tiling in which a thread keeps at most <paramref name="keptRows"/> rows; it does not fit if that takes more than <paramref
    /// name="mostThreads"/> threads.
    /// </summary>
    public static ColumnTiling Choose(int rows, int columns, int keptRows, int mostThreads)
    {
        int width = columns % 4 == 0 ? 4 : 1;
        int vectors = columns / width;
        int most = Math.Min(PowerOfTwo(vectors), 32 / width), fewest = Math.Min(most, 8 / width);
        int rowLanes = PowerOfTwo((rows + keptRows - 1) / keptRows);
        int lanes = most;
        while (lanes > fewest && lanes * rowLanes > Math.Min(UsualThreads, mostThreads))
            lanes /= 2;
        bool fits = lanes * rowLanes <= mostThreads;
        if (!fits)
            (lanes, rowLanes) = (most, UsualThreads / most);
        return new(width, lanes, Math.Max(Warp, lanes * rowLanes), fits, (vectors + lanes - 1) / lanes);
    }

    /// <summary>The tiling for sums that keep no rows: up to 256 threads, fewer for few rows.</summary>
    public static ColumnTiling Streaming(int rows, int columns, int width)
    {
        int vectors = columns / width;
        int lanes = Math.Min(PowerOfTwo(vectors), 32 / width);
        int threads = Math.Clamp(PowerOfTwo(rows) * lanes, Warp, UsualThreads);
        return new(width, lanes, threads, false, (vectors + lanes - 1) / lanes);
    }

    private static int PowerOfTwo(int atLeast) => (int)BitOperations.RoundUpToPowerOf2((uint)atLeast);
}
