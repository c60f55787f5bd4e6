using DdmNative.Compute.Contracts;
using DdmNative.Tests;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>The properties of every case: the ensemble, which operands its members share, and the seed of the values.</summary>
public interface IConformanceCase
{
    int Members { get; }

    /// <summary>Bit i set: the i-th input is shared by the members.</summary>
    int SharedOperands { get; }

    int Seed { get; }

    /// <summary>The cost of the case: multiply–adds, or floats.</summary>
    long Work { get; }
}

/// <summary>A convolution's geometry and ensemble; printed in full when it fails.</summary>
public sealed record ConvolutionCase(
    int InputChannels, int OutputChannels, int Height, int Width, int KernelSize, int Padding, int Samples, int Members, int SharedOperands,
    int Seed, int Stride = 1, bool HasBias = true) : IConformanceCase
{
    long IConformanceCase.Work => Shape.MultiplyAdds * Samples * Members;

    internal ConvolutionShape Shape => new(InputChannels, OutputChannels, Height, Width, KernelSize, Padding, Stride);
}

/// <summary>A matrix product's extents and ensemble.</summary>
public sealed record MatrixCase(int Samples, int Inputs, int Outputs, int Members, int SharedOperands, int Seed, bool HasBias = true)
    : IConformanceCase
{
    long IConformanceCase.Work => (long)Samples * Inputs * Outputs * Members;
}

/// <summary>Images and an ensemble, for operations on single samples.</summary>
public sealed record ImageCase(int Samples, int Channels, int Height, int Width, int Members, int SharedOperands, int Seed)
    : IConformanceCase
{
    long IConformanceCase.Work => Shape.Length;

    internal TensorShape Shape => new(Members, Samples, Channels, Height, Width);
}

/// <summary>
/// The shapes that every backend is tested with: corner cases, all combinations of shared operands, and random shapes from fixed seeds.
/// </summary>
public static class Cases
{
    private const int Draws = 30;

    /// <summary>The seeds of the cases that take the widest tiles: from this one to the ninth after it.</summary>
    private const int WidestSeed = 290;

    private static readonly int[] Channels = [1, 2, 3, 5, 8, 16, 17, 31, 32, 33, 64];
    private static readonly int[] KernelSizes = [1, 3, 3, 5, 2];
    private static readonly int[] AllKernelSizes = [1, 1, 3, 3, 5, 7, 2, 4, 6, 11];
    private static readonly int[] Strides = [1, 2, 2, 3];
    private static readonly (int Height, int Width)[] Images = [(1, 1), (3, 5), (7, 7), (9, 6), (14, 14), (28, 28), (32, 32), (4, 11)];
    private static readonly int[] Samples = [1, 2, 3, 7, 16, 33, 70];

    public static TheoryData<ConvolutionCase> Convolutions
    {
        get
        {
            (int I, int O, int H, int W, int K, int P, int N)[] corners =
            [
                (1, 1, 1, 1, 1, 0, 1), (1, 1, 1, 1, 3, 1, 2), (2, 1, 1, 1, 5, 4, 3), (31, 64, 1, 1, 3, 1, 3), (16, 16, 1, 1, 1, 0, 33),
                (1, 32, 28, 28, 3, 1, 1), (32, 32, 14, 14, 3, 1, 1), (32, 32, 7, 7, 3, 1, 2), (3, 8, 32, 32, 3, 1, 1),
                (64, 64, 7, 7, 3, 1, 1),
                (17, 31, 9, 6, 3, 1, 2), (33, 5, 3, 5, 5, 2, 4), (16, 33, 7, 7, 5, 2, 1), (5, 2, 9, 6, 1, 0, 7), (2, 3, 3, 5, 3, 0, 5),
                (3, 2, 3, 5, 3, 2, 5), (8, 16, 14, 14, 5, 0, 1), (2, 1, 7, 7, 5, 3, 3), (1, 16, 7, 7, 3, 1, 70), (1, 6, 28, 28, 5, 2, 2),
                (64, 17, 3, 5, 1, 0, 2), (8, 8, 9, 6, 3, 2, 13), (3, 4, 5, 6, 2, 1, 4), (2, 3, 6, 5, 4, 2, 3), (3, 16, 5, 5, 5, 0, 17),
                (16, 16, 3, 5, 3, 1, 70), (33, 20, 9, 6, 3, 1, 18), (20, 33, 4, 11, 3, 2, 5), (16, 16, 32, 32, 3, 1, 1),
                // Many pixels and many channels, and more channels than a device may process at a time.
                (8, 72, 16, 16, 3, 1, 2), (72, 8, 16, 16, 3, 1, 2), (133, 9, 3, 4, 3, 1, 1), (5, 140, 3, 3, 3, 1, 2),
                (72, 70, 16, 17, 1, 0, 2),
            ];
            var data = new TheoryData<ConvolutionCase>();
            for (int i = 0; i < corners.Length; i++)
            {
                (int inputs, int outputs, int h, int w, int k, int p, int n) = corners[i];
                data.Add(new(inputs, outputs, h, w, k, p, n, 1, 0, 100 + i));
                data.Add(new(inputs, outputs, h, w, k, p, n, 3, new RandomValues(i).Below(32), 200 + i));
            }
            // The widest tiles over whole networks' channels; sums over thousands of taps and channels, and over thousands of pixels.
            data.Add(new(128, 128, 16, 32, 3, 1, 1, 1, 0, WidestSeed));
            data.Add(new(128, 72, 4, 5, 5, 2, 1, 1, 0, WidestSeed + 1));
            data.Add(new(72, 128, 56, 56, 1, 0, 1, 1, 0, WidestSeed + 2));
            data.Add(new(64, 128, 48, 48, 1, 0, 1, 1, 0, WidestSeed + 3, Stride: 2, HasBias: false));
            AddStrided(data);
            for (int shared = 0; shared < 32; shared++)
            {
                data.Add(new(3, 5, 5, 6, 3, 1, 2, 3, shared, 300 + shared));
                // Enough channels for a device to choose another algorithm than for a few.
                data.Add(new(16, 17, 3, 5, 3, 1, 2, 3, shared, 350 + shared));
            }
            for (int draw = 0; draw < Draws; draw++)
            {
                data.Add(DrawConvolution(400 + draw, KernelSizes, [1]));
                data.Add(DrawConvolution(500 + draw, AllKernelSizes, Strides) with { HasBias = draw % 2 == 0 });
            }
            return Sample(data);
        }
    }

    public static TheoryData<MatrixCase> Matrices
    {
        get
        {
            (int N, int I, int O)[] corners =
            [
                (1, 1, 1), (1, 288, 10), (70, 1, 1), (5, 17, 1), (2, 1, 33), (64, 512, 10), (70, 33, 31), (3, 784, 64), (50, 16, 100),
                (7, 5, 3), (16, 64, 8), (33, 8, 16),
                // Many samples and many features, and more features than a device may process at a time.
                (520, 20, 72), (520, 72, 20), (33, 70, 72), (4, 1300, 3), (3, 5, 1301),
            ];
            var data = new TheoryData<MatrixCase>();
            for (int i = 0; i < corners.Length; i++)
            {
                (int n, int inputs, int outputs) = corners[i];
                data.Add(new(n, inputs, outputs, 1, 0, 100 + i));
                data.Add(new(n, inputs, outputs, 3, new RandomValues(i).Below(32), 200 + i));
            }
            // Sums over thousands of features and of samples, in the widest tiles and in others.
            data.Add(new(3200, 72, 128, 1, 0, WidestSeed));
            data.Add(new(40, 3300, 72, 1, 0, WidestSeed + 1));
            data.Add(new(600, 132, 128, 1, 0, WidestSeed + 2));
            data.Add(new(1, 1, 1, 1, 0, 310, HasBias: false));
            data.Add(new(64, 512, 10, 1, 0, 311, HasBias: false));
            data.Add(new(70, 33, 31, 3, 21, 312, HasBias: false));
            // Members that share the matrix (the second input) and the bias: a device may multiply them as one batch.
            data.Add(new(1, 300, 40, 21, 6, 340));
            data.Add(new(1, 1300, 33, 21, 2, 341, HasBias: false));
            data.Add(new(5, 132, 20, 7, 6, 342));
            for (int shared = 0; shared < 32; shared++)
                data.Add(new(4, 6, 5, 3, shared, 300 + shared));
            for (int draw = 0; draw < Draws; draw++)
            {
                var random = new RandomValues(400 + draw);
                data.Add(new(1 + random.Below(70), 1 + random.Below(130), 1 + random.Below(40), random.Pick<int>([1, 3]), random.Below(32),
                    400 + draw, HasBias: draw % 3 != 0));
            }
            return Sample(data);
        }
    }

    public static TheoryData<ImageCase> ImageTensors
    {
        get
        {
            (int N, int C, int H, int W)[] corners =
            [
                (1, 1, 1, 1), (70, 1, 1, 1), (2, 33, 1, 1), (3, 2, 3, 5), (5, 16, 7, 7), (2, 17, 9, 6), (1, 32, 14, 14), (1, 1, 28, 28),
                (2, 3, 32, 32),
                (33, 5, 3, 5), (1, 64, 7, 7), (70, 8, 3, 5), (4, 31, 4, 11), (2, 5, 2, 2), (3, 6, 8, 8), (2, 10, 5, 4),
                // Planes too large for a device to keep in registers.
                (1, 4, 65, 64), (2, 3, 66, 63),
            ];
            var data = new TheoryData<ImageCase>();
            for (int i = 0; i < corners.Length; i++)
            {
                (int n, int c, int h, int w) = corners[i];
                data.Add(new(n, c, h, w, 1, 0, 100 + i));
                data.Add(new(n, c, h, w, 3, new RandomValues(i).Below(64), 200 + i));
            }
            for (int shared = 0; shared < 64; shared++)
                data.Add(new(2, 3, 4, 5, 3, shared, 300 + shared));
            for (int draw = 0; draw < Draws; draw++)
                data.Add(DrawImages(400 + draw));
            return Sample(data);
        }
    }

    /// <summary>Logits: the number of classes is the channel count.</summary>
    public static TheoryData<ImageCase> Logits
    {
        get
        {
            var data = new TheoryData<ImageCase>();
            (int N, int K)[] corners = [(1, 1), (1, 2), (70, 10), (3, 5), (17, 33), (2, 100), (64, 8), (5, 17), (3, 128), (2, 129),
                (5, 300)];
            for (int i = 0; i < corners.Length; i++)
            {
                data.Add(new(corners[i].N, corners[i].K, 1, 1, 1, 0, 100 + i));
                data.Add(new(corners[i].N, corners[i].K, 1, 1, 3, new RandomValues(i).Below(16), 200 + i));
            }
            for (int shared = 0; shared < 16; shared++)
                data.Add(new(3, 4, 1, 1, 3, shared, 300 + shared));
            // More members than a block processes with their shared operands, in batches shorter and longer than its tile.
            foreach (int samples in (ReadOnlySpan<int>)[5, 37])
                foreach (int shared in (ReadOnlySpan<int>)[0, 1, 2, 4, 6, 15])
                    data.Add(new(samples, 10, 1, 1, 19, shared, 330 + samples + shared));
            for (int draw = 0; draw < Draws; draw++)
            {
                var random = new RandomValues(400 + draw);
                data.Add(new(1 + random.Below(70), 1 + random.Below(40), 1, 1, random.Pick<int>([1, 3]), random.Below(16), 400 + draw));
            }
            return Sample(data);
        }
    }

    /// <summary>
    /// All cases, or one of every so many as <c>DDMTEST_SHAPES</c> says: <c>build/test.sh</c> asks for a tenth where it runs the suite
    /// once more on another path of the same kernels.
    /// </summary>
    internal static TheoryData<T> Sample<T>(TheoryData<T> all)
        where T : IConformanceCase
        => Sample(all, TestScale.Number("DDMTEST_SHAPES", 1));

    /// <summary>One seeded case of every so many, and all of the widest, which take tiles that no other case takes.</summary>
    public static TheoryData<T> Sample<T>(TheoryData<T> all, int every)
        where T : IConformanceCase
    {
        if (every == 1)
            return all;
        var random = new RandomValues(every);
        var sample = new TheoryData<T>();
        T[] cases = [.. ((IEnumerable<object[]>)all).Select(line => (T)line[0])];
        foreach (T[] part in cases.Where(one => !IsWidest(one)).Chunk(every))
            sample.Add(random.Pick<T>(part));
        foreach (T widest in cases.Where(one => IsWidest(one)))
            sample.Add(widest);
        return sample;
    }

    private static bool IsWidest(IConformanceCase one) => one.Seed is >= WidestSeed and < WidestSeed + 10;

    /// <summary>Strides, filters of every size, and layers without a bias.</summary>
    private static void AddStrided(TheoryData<ConvolutionCase> data)
    {
        (int I, int O, int H, int W, int K, int P, int N, int S, bool HasBias)[] corners =
        [
            // A residual network's layers: its first one, blocks that halve the image, and their short cuts.
            (3, 16, 17, 16, 7, 3, 2, 2, false), (16, 32, 16, 16, 3, 1, 3, 2, false), (16, 33, 8, 8, 1, 0, 5, 2, false),
            (64, 64, 14, 14, 3, 1, 1, 2, false), (72, 70, 9, 8, 1, 0, 2, 2, false), (16, 16, 16, 16, 3, 1, 2, 1, false),
            (16, 16, 7, 7, 1, 0, 33, 1, false), (16, 17, 15, 14, 3, 1, 2, 2, true), (16, 16, 5, 6, 3, 1, 70, 2, false),
            // Few channels, wide filters, strides longer than the filter, rows and columns that no window covers.
            (1, 6, 28, 28, 5, 2, 2, 2, true), (1, 16, 9, 9, 3, 1, 20, 2, false), (3, 8, 23, 22, 11, 2, 2, 4, true),
            (3, 5, 14, 14, 11, 5, 1, 1, false), (1, 1, 1, 1, 1, 0, 1, 3, true), (2, 3, 2, 2, 3, 2, 2, 3, false),
            (2, 1, 7, 7, 5, 4, 3, 3, false), (5, 4, 4, 11, 2, 1, 3, 3, true), (32, 16, 7, 7, 1, 0, 9, 3, true),
            (8, 8, 9, 6, 3, 2, 13, 2, true), (2, 2, 5, 6, 6, 5, 2, 2, true), (33, 20, 9, 6, 5, 2, 4, 2, false),
            // Filters that halve the image and are neither narrow nor wide: the second layer of a ResNet-9.
            (64, 32, 16, 16, 5, 2, 3, 2, false), (20, 33, 15, 14, 5, 1, 2, 2, true), (6, 18, 12, 16, 4, 1, 5, 2, true),
            (17, 16, 17, 9, 6, 2, 9, 2, false), (4, 16, 13, 16, 5, 4, 2, 2, false), (16, 16, 16, 15, 5, 0, 3, 2, true),
            (8, 16, 15, 15, 6, 4, 4, 2, true), (16, 48, 8, 8, 4, 2, 7, 2, false),
        ];
        for (int i = 0; i < corners.Length; i++)
        {
            (int inputs, int outputs, int h, int w, int k, int p, int n, int s, bool hasBias) = corners[i];
            data.Add(new(inputs, outputs, h, w, k, p, n, 1, 0, 600 + i, s, hasBias));
            data.Add(new(inputs, outputs, h, w, k, p, n, 3, new RandomValues(i).Below(32), 630 + i, s, !hasBias));
        }
    }

    private static ConvolutionCase DrawConvolution(int seed, int[] kernelSizes, int[] strides)
    {
        var random = new RandomValues(seed);
        while (true)
        {
            int kernel = random.Pick<int>(kernelSizes);
            int padding = random.Below(kernel);
            (int height, int width) = random.Pick<(int, int)>(Images);
            var draw = new ConvolutionCase(
                random.Pick<int>(Channels), random.Pick<int>(Channels), height, width, kernel, padding,
                random.Pick<int>(Samples), random.Pick<int>([1, 3]), random.Below(32), seed);
            if (strides.Length > 1)
                draw = draw with { Stride = random.Pick<int>(strides) };
            bool fits = height + 2 * padding >= kernel && width + 2 * padding >= kernel;
            // The reference's plain loops limit the cost of a case.
            if (fits && draw.Shape.MultiplyAdds * draw.Samples * draw.Members < 1_000_000)
                return draw;
        }
    }

    private static ImageCase DrawImages(int seed)
    {
        var random = new RandomValues(seed);
        while (true)
        {
            (int height, int width) = random.Pick<(int, int)>(Images);
            var draw = new ImageCase(random.Pick<int>(Samples), random.Pick<int>(Channels), height, width, random.Pick<int>([1, 3]),
                random.Below(64), seed);
            if (draw.Shape.Length < 60_000)
                return draw;
        }
    }
}
