using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Gradients of a matrix summed slot by slot (<see cref="GradientSum"/>) in registers: rows × columns of a slot's sum and as many of the
/// slots' total, 7 × 32 with AVX-512, so that a slot of eight samples is 112 multiply–adds and 14 additions and touches no sum in memory;
/// 3 × 16 with eight lanes and sixteen registers. The bits are those of whole gradients summed for each slot and added one after the other.
/// </summary>
/// <remarks>The tiles are generated like those of <see cref="MatrixMicroKernel"/>.</remarks>
internal static unsafe class SlotMicroKernel
{
    /// <summary>Columns of a tile, and of a panel of inputs.</summary>
    public const int Columns = 32;

    private const int HalfPanel = Columns / 2;

    /// <summary>Rows of a tile at most.</summary>
    public static int TallestTile => Vector512.IsHardwareAccelerated ? 7 : 3;

    /// <summary>The height of the next tile when this many rows remain: tiles of nearly equal height.</summary>
    public static int TileHeight(int rows)
    {
        int tiles = (rows + TallestTile - 1) / TallestTile;
        return (rows + tiles - 1) / tiles;
    }

    /// <summary>Assigns a tile: tile[m, 0..31] = Σ over slots of Σ over their samples of cotangents[m, n]·inputs[n, 0..31].</summary>
    /// <param name="cotangents">[height, stride], the samples side by side.</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="inputs">[samples, 32].</param>
    /// <param name="samples">N.</param>
    /// <param name="slots">Slots that the samples are cut into.</param>
    /// <param name="tile">[height, 32].</param>
    /// <param name="height">Rows, one of those that <see cref="TileHeight"/> gives.</param>
    public static void Sum(float* cotangents, nint stride, float* inputs, int samples, int slots, float* tile, int height)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            SlotTiles512.Sum(cotangents, stride, inputs, samples, slots, tile, height);
            return;
        }
        SlotTiles256.Sum(cotangents, stride, inputs, samples, slots, tile, height);
        SlotTiles256.Sum(cotangents, stride, inputs + HalfPanel, samples, slots, tile + HalfPanel, height);
    }
}
