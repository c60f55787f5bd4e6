using System.Globalization;

namespace DdmNative.Benchmarks.Cublas;

/// <summary>y [N, O] = x [N, I] · Wᵀ with W [O, I], all row-major.</summary>
internal readonly record struct LinearLayer(int Samples, int Inputs, int Outputs)
{
    public double Flops => 2.0 * Samples * Inputs * Outputs;

    /// <exception cref="FormatException">The text is not three integers of 1 or more.</exception>
    public static LinearLayer Parse(string text)
    {
        string[] parts = text.Split('x');
        if (parts.Length != 3 || !parts.All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number > 0))
            throw new FormatException($"--sizes: found '{text}', expected samples x inputs x outputs, e.g. 1024x1024x1024.");
        int[] numbers = [.. parts.Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        return new LinearLayer(numbers[0], numbers[1], numbers[2]);
    }

    public override string ToString() => $"{Samples}x{Inputs}x{Outputs}";
}
