namespace DdmNative.Compute.Cpu;

/// <summary>
/// A 3×3 correlation cut into 4×4 output tiles: which shapes it makes faster, how large the pieces are, and the conversion of images.
/// Transformed images are [36, tiles, channels], the channels rounded up to whole vectors, and the 36 planes a cache line more than their
/// length apart: at a power of two all 36 values of a tile would fall into the same few sets of the first-level cache.
/// </summary>
internal readonly unsafe struct WinogradTiles
{
    private const int Lanes = LanePart.Lanes;
    private const int TileSize = WinogradTransform.TileSize;
    private const int PatchSize = WinogradTransform.Frequencies;

    /// <summary>The least ratio of plain to transformed multiplications that pays for the transforms.</summary>
    private const double LeastGain = 1.5;

    /// <summary>Channels below which the transforms outweigh the products.</summary>
    private const int LeastChannels = 16;

    /// <summary>
    /// Tiles of a member below which reading its transformed filters, four times as long as the filters, costs more than the products save.
    /// </summary>
    private const int LeastTiles = 8;

    private readonly CorrelationShape _shape;

    public WinogradTiles(CorrelationShape shape) => _shape = shape;

    public int Rows => (_shape.OutputHeight + TileSize - 1) / TileSize;

    public int Columns => (_shape.OutputWidth + TileSize - 1) / TileSize;

    /// <summary>Tiles of one image.</summary>
    public int Count => Rows * Columns;

    public int PaddedWidth => Columns * TileSize + PatchSize - TileSize;

    public int PaddedHeight => Rows * TileSize + PatchSize - TileSize;

    /// <summary>
    /// Whether an image is 2×2 tiles of which the second row and column extend beyond its edge. The last frequency in a direction serves
    /// only pixels beyond the edge: a sixth of the products.
    /// </summary>
    public bool AreCut => Rows == 2 && Columns == 2 && _shape.OutputHeight < 2 * TileSize && _shape.OutputWidth < 2 * TileSize;

    /// <summary>Whether a product serves only pixels that tiles at the lower edge, and at the right one, lack.</summary>
    public static (bool BelowEdge, bool BeyondEdge) Serves(int product) => (product / PatchSize == PatchSize - 1,
        product % PatchSize == PatchSize - 1);

    /// <summary>Whether a call over <paramref name="samples"/> samples per member gains by the transform.</summary>
    public static bool Pays(CorrelationShape shape, int samples)
    {
        var tiles = new WinogradTiles(shape);
        if (samples * tiles.Count < LeastTiles || shape.KernelSize != 3 || shape.Stride != 1 || shape.InputChannels < LeastChannels
            || shape.OutputChannels < LeastChannels)
            return false;
        double plain = shape.ProductsOfWindow * shape.OutputHeight * shape.OutputWidth;
        return plain / ((double)WinogradTransform.Products * tiles.Count * shape.InputChannels * shape.OutputChannels) >= LeastGain;
    }

    /// <summary>Floats from one product's plane [tiles, channels] to the next one's.</summary>
    public static int PlaneStride(int tiles, int channels) => tiles * channels + Lanes;

    public static int RoundUp(int channels) => (channels + Lanes - 1) / Lanes * Lanes;

    /// <summary>
    /// Transforms an image's channels into tiles <paramref name="firstTile"/>… of <paramref name="target"/> [36, tiles, stride], at channel
    /// <paramref name="firstChannel"/>. <paramref name="padded"/> has space for the image with its border and whole tiles.
    /// </summary>
    public void TransformImage(float* image, float* padded, float* target, int tiles, int stride, int firstTile, int firstChannel)
    {
        int channels = RoundUp(_shape.InputChannels);
        if (channels != _shape.InputChannels)
            new Span<float>(padded, PaddedHeight * PaddedWidth * channels).Clear();
        PaddedImage.Pad(image, _shape.InputHeight, _shape.InputWidth, _shape.InputChannels, _shape.Padding, padded, PaddedHeight,
            PaddedWidth, channels);
        nint rowStride = (nint)PaddedWidth * channels;
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                float* patch = padded + row * TileSize * rowStride + (nint)column * TileSize * channels;
                float* tile = target + (nint)(firstTile + row * Columns + column) * stride + firstChannel;
                WinogradTransform.Image(patch, rowStride, channels, tile, PlaneStride(tiles, stride), channels);
            }
        }
    }

    /// <summary>Transforms cotangents [H′, W′, O] in the same way; the parts of tiles beyond the image's edge are zero.</summary>
    public void TransformCotangent(float* cotangent, float* target, int tiles, int firstTile)
    {
        int outputs = _shape.OutputChannels, stride = RoundUp(outputs);
        nint rowStride = (nint)_shape.OutputWidth * outputs;
        float* patch = stackalloc float[TileSize * TileSize * Lanes];
        for (int tile = 0; tile < Count; tile++)
        {
            (int top, int left) = (tile / Columns * TileSize, tile % Columns * TileSize);
            bool isInside = top + TileSize <= _shape.OutputHeight && left + TileSize <= _shape.OutputWidth;
            float* corner = cotangent + top * rowStride + (nint)left * outputs;
            float* transformed = target + (nint)(firstTile + tile) * stride;
            (int height, int width) = (Math.Min(TileSize, _shape.OutputHeight - top), Math.Min(TileSize, _shape.OutputWidth - left));
            if (!isInside)
                new Span<float>(patch, TileSize * TileSize * Lanes).Clear();
            int whole = isInside ? outputs / Lanes * Lanes : 0;
            WinogradTransform.Cotangent(corner, rowStride, outputs, transformed, PlaneStride(tiles, stride), whole);
            for (int c = whole; c < outputs; c += Lanes)
            {
                if (c + Lanes <= outputs)
                    LoadPatch<WholeLanes<Vector16>>(corner + c, rowStride, height, width, patch, Lanes);
                else
                    LoadPatch<PartLanes<Vector16>>(corner + c, rowStride, height, width, patch, outputs - c);
                WinogradTransform.Cotangent(patch, TileSize * Lanes, Lanes, transformed + c, PlaneStride(tiles, stride), Lanes);
            }
        }
    }

    private void LoadPatch<TLanes>(float* corner, nint rowStride, int height, int width, float* patch, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        for (int row = 0; row < height; row++)
            for (int column = 0; column < width; column++)
                TLanes.Load(corner + row * rowStride + (nint)column * _shape.OutputChannels, lanes)
                    .Store(patch + (row * TileSize + column) * Lanes);
    }

    /// <summary>Turns products [36, tiles, stride] back into an image [H′, W′, O] and adds the bias.</summary>
    public void TransformOutput(float* products, int tiles, int stride, int firstTile, float* bias, float* image)
    {
        int outputs = _shape.OutputChannels;
        nint rowStride = (nint)_shape.OutputWidth * outputs;
        nint* offsets = stackalloc nint[TileSize * TileSize];
        for (int tile = 0; tile < Count; tile++)
        {
            (int top, int left) = (tile / Columns * TileSize, tile % Columns * TileSize);
            (int height, int width) = (Math.Min(TileSize, _shape.OutputHeight - top), Math.Min(TileSize, _shape.OutputWidth - left));
            WinogradTransform.OutputOffsets(offsets, height, width, rowStride, outputs);
            WinogradTransform.Output(products + (nint)(firstTile + tile) * stride, PlaneStride(tiles, stride), bias,
                image + top * rowStride + (nint)left * outputs, offsets, outputs);
        }
    }
}
