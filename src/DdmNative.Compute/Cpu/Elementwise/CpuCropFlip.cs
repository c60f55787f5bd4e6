using System.Runtime.InteropServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Copies a run of each row of an image to its new place, forwards or backwards, and clears the rest.</summary>
internal sealed class CpuCropFlip(CpuDevice device) : CropFlip
{
    protected override void ApplyCore(Tensor x, Tensor moves, Tensor y) => device.Submit(new MoveCall(x, moves, y));

    private sealed unsafe class MoveCall : CpuCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _moves;
        private readonly CpuOperand _y;

        public MoveCall(Tensor x, Tensor moves, Tensor y)
            : base("crop-flip.apply", y.Shape.Members, y.Shape.Samples)
            => (_x, _moves, _y) = (Read(x), Read(moves), Write(y));

        public override void Execute(in Tile tile)
        {
            TensorShape image = _y.Tensor.Shape;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* move = _moves.At(tile, sample);
                (int down, int right, bool isFlipped) = (Limit(move[0], image.Height), Limit(move[1], image.Width), move[2] != 0);
                // The columns of x, and those of y, that are inside both.
                int count = image.Width - Math.Abs(right), from = Math.Max(right, 0), to = Math.Max(-right, 0);
                if (isFlipped)
                    to = image.Width - count - to;
                (int channels, int row) = (image.Channels, image.Width * image.Channels);
                float* source = _x.At(tile, sample);
                var target = new Span<float>(_y.At(tile, sample), image.SampleLength);
                for (int h = 0; h < image.Height; h++, target = target[row..])
                {
                    if ((uint)(h + down) >= (uint)image.Height)
                    {
                        target[..row].Clear();
                        continue;
                    }
                    var run = new ReadOnlySpan<float>(source + (nint)(h + down) * row + from * channels, count * channels);
                    target[..(to * channels)].Clear();
                    Copy(run, target[(to * channels)..], channels, isFlipped);
                    target[((to + count) * channels)..row].Clear();
                }
            }
        }

        /// <summary>A distance in pixels, at most the image's extent, which already moves every pixel out.</summary>
        private static int Limit(float distance, int extent) => (int)Math.Clamp(distance, -extent, extent);

        private static void Copy(ReadOnlySpan<float> run, Span<float> target, int channels, bool isFlipped)
        {
            target = target[..run.Length];
            if (!isFlipped || channels == 1)
            {
                run.CopyTo(target);
                if (isFlipped)
                    target.Reverse();
            }
            else if (channels == 3)
            {
                Span<Pixel> pixels = MemoryMarshal.Cast<float, Pixel>(target);
                MemoryMarshal.Cast<float, Pixel>(run).CopyTo(pixels);
                pixels.Reverse();
            }
            else
            {
                for (int pixel = 0; pixel < run.Length; pixel += channels)
                    run.Slice(pixel, channels).CopyTo(target[(run.Length - channels - pixel)..]);
            }
        }

        /// <summary>Three channels, which move together.</summary>
        private readonly record struct Pixel(float Red, float Green, float Blue);
    }
}
