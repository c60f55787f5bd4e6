using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>The sizes of the caches: where they come from, and that they change no result.</summary>
public class CpuCachesTests
{
    private const int Members = 2, Samples = 330, Size = 7, Channels = 64, Inputs = 320, Outputs = 192;

    [Theory]
    [InlineData("32K,1M", 32 << 10, 1 << 20)]
    [InlineData("49152, 2097152", 48 << 10, 2 << 20)]
    [InlineData("32k,512k", 32 << 10, 512 << 10)]
    public void Parse_reads_bytes_and_units(string text, long first, long second)
        => Assert.Equal(new CpuCaches(first, second), CpuCaches.Parse(text));

    [Fact]
    public void Parse_reads_the_last_level_too()
        => Assert.Equal(new CpuCaches(32 << 10, 1 << 20, 96 << 20), CpuCaches.Parse("32K,1M,96M"));

    [Theory]
    [InlineData("1M")]
    [InlineData("32K,")]
    [InlineData("32K,1M,512K")]
    [InlineData("32K,1M,16M,64M")]
    [InlineData("1M,32K")]
    [InlineData("-1,1M")]
    [InlineData("1,1M")]
    [InlineData("32K,4096G")]
    [InlineData("32K,99999999999999999999M")]
    public void Parse_names_the_variable_and_the_form(string text)
    {
        FormatException fault = Assert.Throws<FormatException>(() => CpuCaches.Parse(text));

        Assert.Contains("DDM_CPU_CACHES", fault.Message);
        Assert.Contains(text, fault.Message);
        Assert.Contains("32K,1M", fault.Message);
    }

    [Fact]
    public void Read_finds_caches_of_plausible_sizes()
    {
        CpuCaches caches = CpuCaches.Read();

        Assert.InRange(caches.FirstLevelBytes, 8 << 10, 1 << 20);
        Assert.InRange(caches.SecondLevelBytes, 128 << 10, 256 << 20);
        Assert.InRange(caches.LastLevelBytes, caches.SecondLevelBytes, 4L << 30);
    }

    /// <summary>
    /// Results larger than all caches are stored past them. Rows of 7 × 5 floats begin and end inside cache lines, those of 8 × 32 do not.
    /// </summary>
    [Theory]
    [InlineData(7, 5)]
    [InlineData(8, 32)]
    public void Results_larger_than_the_caches_have_the_same_bits(int size, int outputs)
        => Assert.Equal(RunFirstLayer(new CpuCaches(4 << 10, 8 << 10, 1 << 30), size, outputs),
            RunFirstLayer(new CpuCaches(4 << 10, 8 << 10, 8 << 10), size, outputs));

    private static float[] RunFirstLayer(CpuCaches caches, int size, int outputs)
    {
        using var device = new CpuDevice(2, caches);
        var shape = new ConvolutionShape(3, outputs, size, size, kernelSize: 3, padding: 1);
        using Tensor x = Upload(device, new TensorShape(1, Samples, 3, size, size), 1);
        using Tensor filter = Upload(device, TensorShape.Vector(1, shape.FilterLength + outputs), 2);
        using Tensor y = device.Allocate(new TensorShape(1, Samples, outputs, size, size));
        y.Upload(Enumerable.Repeat(float.NaN, (int)y.Shape.Length).ToArray());

        using IPlan plan = device.Record("first layer", () => device.Convolution.Forward(
            shape, x, new Slice(filter, 0, shape.FilterLength), new Slice(filter, shape.FilterLength, outputs), y));
        plan.Run();
        return y.ToArray();
    }

    private static Tensor Upload(Device device, TensorShape layout, int seed)
        => device.Upload(layout, Array.ConvertAll(new RandomValues(seed).Tensor(layout).Values, value => (float)value));

    /// <summary>Wide layers, whose blocks depend on the caches: a convolution in Winograd's domain and a large matrix.</summary>
    [Theory]
    [InlineData("4K,8K")]
    [InlineData("32K,512K")]
    [InlineData("48K,64M")]
    public void Wide_layers_have_the_same_bits_for_caches_of_any_size(string caches)
        => Assert.Equal(RunWideLayers(new CpuCaches(32 << 10, 1 << 20)), RunWideLayers(CpuCaches.Parse(caches)));

    private static float[] RunWideLayers(CpuCaches caches)
    {
        using var device = new CpuDevice(2, caches);
        var shape = new ConvolutionShape(Channels, Channels, Size, Size, kernelSize: 3, padding: 1);
        var images = new TensorShape(Members, Samples, Channels, Size, Size);
        TensorShape filters = TensorShape.Vector(Members, shape.FilterLength + Channels);
        TensorShape matrices = TensorShape.Vector(Members, (Inputs + 1) * Outputs);
        using Tensor x = Upload(images, 1), cotangent = Upload(images, 2), filter = Upload(filters, 3);
        using Tensor rows = Upload(new TensorShape(Members, Samples, Inputs), 4), matrix = Upload(matrices, 5);
        using Tensor rowCotangent = Upload(new TensorShape(Members, Samples, Outputs), 6);
        using Tensor y = device.Allocate(images), xCotangent = device.Allocate(images), filterGradient = device.Allocate(filters);
        using Tensor product = device.Allocate(rowCotangent.Shape), rowsCotangent = device.Allocate(rows.Shape);
        using Tensor matrixGradient = device.Allocate(matrices), matrixTangent = device.Allocate(matrices);
        using Tensor filterTangent = device.Allocate(filters), rowsTangent = Upload(rows.Shape, 7);
        using Tensor rowCotangentTangent = Upload(rowCotangent.Shape, 8), xTangent = Upload(images, 9);
        using Tensor cotangentTangent = Upload(images, 10);
        Slice Filter(Tensor vector) => new(vector, 0, shape.FilterLength);
        Slice FilterBias(Tensor vector) => new(vector, shape.FilterLength, Channels);
        Slice Matrix(Tensor vector) => new(vector, 0, Inputs * Outputs);
        Slice MatrixBias(Tensor vector) => new(vector, Inputs * Outputs, Outputs);

        using IPlan plan = device.Record("wide layers", () =>
        {
            device.Convolution.Forward(shape, x, Filter(filter), FilterBias(filter), y);
            device.Convolution.BackwardData(shape, cotangent, Filter(filter), xCotangent);
            device.Convolution.BackwardFilter(shape, x, cotangent, Filter(filterGradient), FilterBias(filterGradient));
            device.MatrixProduct.Forward(rows, Matrix(matrix), MatrixBias(matrix), product);
            device.MatrixProduct.BackwardData(rowCotangent, Matrix(matrix), rowsCotangent);
            device.MatrixProduct.BackwardWeight(rows, rowCotangent, Matrix(matrixGradient), MatrixBias(matrixGradient));
            device.MatrixProduct.BackwardWeightTangent(
                rows, rowsTangent, rowCotangent, rowCotangentTangent, Matrix(matrixTangent), MatrixBias(matrixTangent));
            device.Convolution.BackwardFilterTangent(
                shape, x, xTangent, cotangent, cotangentTangent, Filter(filterTangent), FilterBias(filterTangent));
        });
        plan.Run();
        Tensor[] results = [y, xCotangent, filterGradient, product, rowsCotangent, matrixGradient, matrixTangent, filterTangent];
        return [.. results.SelectMany(tensor => tensor.ToArray())];

        Tensor Upload(TensorShape layout, int seed) => CpuCachesTests.Upload(device, layout, seed);
    }
}
