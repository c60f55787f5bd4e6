namespace DdmNative.Compute.Cpu;

/// <summary>
/// Copies images [H, W, C] into the form [⌈H/2⌉, ⌈W/2⌉, 4·C] of <see cref="FoldedConvolution"/>, or back: 2×2 pixels, row by row,
/// become one. Two pixels of a row are adjacent in both forms. What a folded image has beyond the edge of one of odd extents is zero.
/// </summary>
internal sealed unsafe class FoldedImageCall : CpuCall
{
    private readonly CpuOperand _source;
    private readonly CpuOperand _target;
    private readonly TensorShape _images;
    private readonly bool _isBack;

    private FoldedImageCall(string name, Tensor source, Tensor target, TensorShape images, bool isBack)
        : base(name, target.Shape.Members, target.Shape.Samples)
        => (_source, _target, _images, _isBack) = (Read(source), Write(target), images, isBack);

    public static FoldedImageCall Fold(Tensor images, Tensor folded)
        => new("convolution.fold-images", images, folded, images.Shape, isBack: false);

    public static FoldedImageCall Unfold(Tensor folded, Tensor images)
        => new("convolution.unfold-images", folded, images, images.Shape, isBack: true);

    public override void Execute(in Tile tile)
    {
        int pair = 2 * _images.Channels, pairsOfRow = (_images.Width + 1) / 2, rows = (_images.Height + 1) / 2 * 2;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            float* images = (_isBack ? _target : _source).At(tile, sample), folded = (_isBack ? _source : _target).At(tile, sample);
            for (int row = 0; row < rows; row++)
            {
                // The two rows of a folded one alternate, pair by pair.
                float* pixels = images + (nint)row * _images.Width * _images.Channels;
                float* pairs = folded + ((nint)(row / 2) * pairsOfRow * 2 + row % 2) * pair;
                for (int i = 0; i < pairsOfRow; i++, pixels += pair, pairs += 2 * pair)
                    CopyPair(pixels, pairs, pair, row < _images.Height ? Math.Min(_images.Width - 2 * i, 2) * _images.Channels : 0);
            }
        }
    }

    /// <summary>Copies the floats of a pair of pixels that the image has, and clears the others of a folded one.</summary>
    private void CopyPair(float* pixels, float* pairs, int pair, int length)
    {
        var image = new Span<float>(pixels, length);
        var folded = new Span<float>(pairs, pair);
        if (_isBack)
        {
            folded[..length].CopyTo(image);
            return;
        }
        image.CopyTo(folded);
        folded[length..].Clear();
    }
}
