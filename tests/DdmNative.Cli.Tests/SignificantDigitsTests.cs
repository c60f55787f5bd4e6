using System.Globalization;
using DdmNative.Cli.Output;
using Xunit;

namespace DdmNative.Cli.Tests;

public sealed class SignificantDigitsTests
{
    [Theory]
    [InlineData(-0.0, "0")]
    [InlineData(0.000123456, "0.000123")]
    [InlineData(-0.0123456, "-0.0123")]
    [InlineData(0.99951, "1.00")]
    [InlineData(9.996, "10.0")]
    [InlineData(12.345, "12.3")]
    [InlineData(-999.6, "-1000")]
    [InlineData(17277.72, "17300")]
    [InlineData(1.234e-9, "1.23e-9")]
    [InlineData(double.NaN, "–")]
    [InlineData(double.NegativeInfinity, "–")]
    public void Three_digits_are_shown_whatever_the_size(double value, string text) => Assert.Equal(text, SignificantDigits.Of(value));

    [Theory]
    [InlineData(-0.0, "0")]
    [InlineData(0.25, "+0.250")]
    [InlineData(-0.25, "-0.250")]
    [InlineData(double.PositiveInfinity, "–")]
    public void An_effect_has_a_sign_unless_it_is_zero(double value, string text) => Assert.Equal(text, SignificantDigits.Signed(value));

    [Fact]
    public void Noise_has_two_digits_and_is_left_empty_where_it_is_not_known()
    {
        Assert.Equal("± 0.0012", SignificantDigits.Noise(0.001234));
        Assert.Equal("", SignificantDigits.Noise(null));
        Assert.Equal("", SignificantDigits.Noise(double.NaN));
    }

    [Fact]
    public void A_number_that_is_read_again_differs_by_less_than_half_a_digit()
    {
        for (int seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            double value = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 9));
            string text = SignificantDigits.Of(value);

            Assert.True(Math.Abs(double.Parse(text, CultureInfo.InvariantCulture) - value) <= 0.00501 * Math.Abs(value),
                $"seed {seed}: {value} is shown as {text}");
        }
    }
}
