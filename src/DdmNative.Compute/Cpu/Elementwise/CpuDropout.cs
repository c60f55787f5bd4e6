using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Dropout in one pass: 32 random words at a time, and the floats that they decide on, which are adjacent because channels are last. The
/// mask is not stored.
/// </summary>
internal sealed class CpuDropout(CpuDevice device) : Dropout
{
    protected override void ApplyCore(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y)
        => device.Submit(new ApplyCall(rate, seed, layer, keys, x, y));

    private sealed unsafe class ApplyCall : CpuCall
    {
        /// <summary>Channels whose words are one block.</summary>
        private const int Together = 4;

        private readonly CpuOperand _keys;
        private readonly CpuOperand _x;
        private readonly CpuOperand _y;
        private readonly ulong _seed;
        private readonly uint _lastWord;
        private readonly uint _threshold;
        private readonly float _scale;

        public ApplyCall(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y)
            : base("dropout.apply", y.Shape.Members, y.Shape.Samples)
        {
            (_keys, _x, _y) = (Read(keys), Read(x), Write(y));
            (_seed, _lastWord, _threshold, _scale) = (seed, LastWord(layer), Threshold(rate), Scale(rate));
        }

        public override void Execute(in Tile tile)
        {
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
                Apply(_keys.At(tile, sample), _x.At(tile, sample), _y.At(tile, sample));
        }

        private void Apply(float* keys, float* x, float* y)
        {
            TensorShape shape = _y.Tensor.Shape;
            (uint sample, uint step) = ((uint)keys[0], (uint)keys[1]);
            int pixels = shape.Height * shape.Width, groups = (shape.Channels + Together - 1) / Together, group = 0;
            bool isWhole = shape.Channels % Together == 0;
            uint* words = stackalloc uint[PhiloxBlocks.Words];
            var places = new Places(pixels, groups);
            for (long rest = (long)pixels * groups; rest > 0; rest -= PhiloxBlocks.Count, places.Advance())
            {
                PhiloxBlocks.Compute(_seed, places.Blocks, sample, step, _lastWord, words);
                if (isWhole && rest >= PhiloxBlocks.Count)
                {
                    ApplyVector(words, x, y);
                    ApplyVector(words + LanePart.Lanes, x + LanePart.Lanes, y + LanePart.Lanes);
                    x += PhiloxBlocks.Words;
                    y += PhiloxBlocks.Words;
                    continue;
                }
                // The last channels of a pixel may be fewer than the words of their block.
                for (int i = 0; i < Math.Min(PhiloxBlocks.Count, rest); i++, group = group + 1 == groups ? 0 : group + 1)
                {
                    int channels = Math.Min(Together, shape.Channels - Together * group);
                    for (int c = 0; c < channels; c++)
                        y[c] = words[Together * i + c] < _threshold ? 0 : _scale * x[c];
                    x += channels;
                    y += channels;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void ApplyVector(uint* words, float* x, float* y)
        {
            Vector512<uint> stays = Vector512.GreaterThanOrEqual(Vector512.Load(words), Vector512.Create(_threshold));
            (Vector512.Load(x) * Vector512.Create(_scale) & stays.AsSingle()).Store(y);
        }
    }

    /// <summary>Eight consecutive groups of channels, in the order of <see cref="PhiloxBlocks.Order"/>: pixel by pixel.</summary>
    private ref struct Places
    {
        private readonly Vector512<long> _pixelStep;
        private readonly Vector512<long> _groupStep;
        private readonly Vector512<long> _groups;
        private readonly uint _pixels;
        private Vector512<long> _pixel;
        private Vector512<long> _group;

        public Places(int pixels, int groups)
        {
            (int pixelStep, int groupStep) = Math.DivRem(PhiloxBlocks.Count, groups);
            (_pixelStep, _groupStep, _groups) = (Vector512.Create((long)pixelStep), Vector512.Create((long)groupStep),
                Vector512.Create((long)groups));
            _pixels = (uint)pixels;
            Vector512<long> order = PhiloxBlocks.Order;
            for (int lane = 0; lane < PhiloxBlocks.Count; lane++)
            {
                (long pixel, long group) = Math.DivRem(order[lane], groups);
                (_pixel, _group) = (_pixel.WithElement(lane, pixel), _group.WithElement(lane, group));
            }
        }

        /// <summary>Their blocks: group · pixels + pixel.</summary>
        public readonly Vector512<ulong> Blocks => PhiloxBlocks.Multiply(_group.AsUInt64(), _pixels) + _pixel.AsUInt64();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Advance()
        {
            _group += _groupStep;
            Vector512<long> isBeyond = Vector512.GreaterThanOrEqual(_group, _groups);
            _group -= isBeyond & _groups;
            // The mask of a lane that is true is −1.
            _pixel += _pixelStep - isBeyond;
        }
    }
}
