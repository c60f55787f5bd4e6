namespace DdmNative.Compute.Cpu;

/// <summary>
/// Gradients of a matrix summed slot by slot (<see cref="GradientSum"/>) in registers: 7 rows × 32 columns of a slot's sum and as many of
/// the slots' total, so that a slot of eight samples is 112 multiply–adds and 14 additions and touches no sum in memory. The bits are those
/// of whole gradients summed for each slot and added one after the other.
/// </summary>
/// <remarks>Written out like <see cref="MatrixMicroKernel"/>, for the same reason; AVX-512 only.</remarks>
internal static unsafe class SlotMicroKernel
{
    /// <summary>Columns of a tile, and of a panel of inputs.</summary>
    public const int Columns = 32;

    /// <summary>Rows of a tile at most.</summary>
    public const int TallestTile = 7;

    private const int Lanes = 16;

    /// <summary>The height of the next tile when this many rows remain: too few rows are too few independent sums.</summary>
    public static int TileHeight(int rows) => rows switch
    {
        16 or 12 or 8 => 4,
        >= 7 => 7,
        >= 4 => 4,
        >= 2 => 2,
        _ => 1,
    };

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
        switch (height)
        {
            case 7:
                SlotTiles512.Tile7x32(cotangents, stride, inputs, samples, slots, tile);
                break;
            case 4:
                SlotTiles512.Tile4x32(cotangents, stride, inputs, samples, slots, tile);
                break;
            case 2:
                SlotTiles512.Tile2x32(cotangents, stride, inputs, samples, slots, tile);
                break;
            default:
                SlotTiles512.Tile1x32(cotangents, stride, inputs, samples, slots, tile);
                break;
        }
    }
}
