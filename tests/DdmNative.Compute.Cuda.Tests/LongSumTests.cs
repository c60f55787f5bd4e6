using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// Tensor cores truncate where they add (docs/cuda-emulator.md), so an error that a short sum hides grows with the length of the sum.
/// With the whole sum in the cores the error was 1e-5 of the result at 1152 indices and 5e-4 at 54880.
/// </summary>
public sealed class LongSumTests(ITestOutputHelper output)
{
    private const int Samples = 16, Outputs = 16;

    [SkippableTheory]
    [InlineData(1152, false, 5e-7)]
    [InlineData(1152, true, 5e-7)]
    [InlineData(54880, false, 3e-6)]
    [InlineData(54880, true, 3e-6)]
    public void The_error_of_three_tf32_products_stays_that_of_float32(int inputs, bool hasOneSign, double most)
    {
        using CudaDevice device = Open();
        var random = new Random(inputs);
        float[] x = [.. Enumerable.Range(0, Samples * inputs).Select(_ => Value())];
        float[] weight = [.. Enumerable.Range(0, Outputs * inputs).Select(_ => Value())];
        using Tensor images = device.Allocate(new TensorShape(1, Samples, inputs));
        using Tensor parameters = device.Allocate(TensorShape.Vector(1, weight.Length + Outputs));
        using Tensor found = device.Allocate(new TensorShape(1, Samples, Outputs));
        images.Upload(x);
        parameters.Upload([.. weight, .. new float[Outputs]]);

        device.MatrixProduct.Forward(
            images, new Slice(parameters, 0, weight.Length), new Slice(parameters, weight.Length, Outputs), found);

        float[] y = found.ToArray();
        (double error, double norm) = (0, 0);
        for (int n = 0; n < Samples; n++)
        {
            for (int o = 0; o < Outputs; o++)
            {
                double sum = 0;
                for (int i = 0; i < inputs; i++)
                    sum += (double)x[(n * inputs) + i] * weight[(o * inputs) + i];
                error += Math.Pow(y[(n * Outputs) + o] - sum, 2);
                norm += sum * sum;
            }
        }

        double relative = Math.Sqrt(error / norm);
        output.WriteLine($"{inputs} indices, {(hasOneSign ? "one sign" : "both signs")}: {relative:e1}");
        Assert.True(relative <= most, $"a relative error of {relative:e2}, expected at most {most:e0}");

        float Value() => hasOneSign ? random.NextSingle() : (2 * random.NextSingle()) - 1;
    }

    private static CudaDevice Open()
    {
        try
        {
            return new CudaDevice(0, Precision.Tf32x3);
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}
