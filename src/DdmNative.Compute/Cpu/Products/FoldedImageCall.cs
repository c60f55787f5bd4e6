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
        int pair = 2 * _images.Channels, foldedWidth = (_images.Width + 1) / 2;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            float* images = (_isBack ? _target : _source).At(tile, sample), folded = (_isBack ? _source : _target).At(tile, sample);
            for (int row = 0; row < _images.Height; row++)
            {
                float* pixels = images + (nint)row * _images.Width * _images.Channels;
                float* pairs = folded + (nint)(row / 2) * foldedWidth * 2 * pair + row % 2 * pair;
                for (int column = 0; column < _images.Width; column += 2, pixels += pair, pairs += 2 * pair)
                {
                    int length = Math.Min(_images.Width - column, 2) * _images.Channels;
                    if (_isBack)
                    {
                        new ReadOnlySpan<float>(pairs, length).CopyTo(new Span<float>(pixels, length));
                        continue;
                    }
                    new ReadOnlySpan<float>(pixels, length).CopyTo(new Span<float>(pairs, length));
                    new Span<float>(pairs + length, pair - length).Clear();
                }
            }
            if (!_isBack && _images.Height % 2 == 1)
                ClearLastRows(folded, foldedWidth, pair);
        }
    }

    /// <summary>Clears the second row of the last folded one.</summary>
    private void ClearLastRows(float* folded, int foldedWidth, int pair)
    {
        float* pairs = folded + (nint)(_images.Height / 2) * foldedWidth * 2 * pair + pair;
        for (int column = 0; column < foldedWidth; column++, pairs += 2 * pair)
            new Span<float>(pairs, pair).Clear();
    }
}
