using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class FigureTextTests
{
    private const string Signed = "+0.0000;-0.0000";

    [Theory]
    [InlineData(-0.00004, Signed, "+0.0000")]
    [InlineData(0.00004, Signed, "+0.0000")]
    [InlineData(-0.0, Signed, "+0.0000")]
    [InlineData(-0.00006, Signed, "-0.0001")]
    [InlineData(12.5, Signed, "+12.5000")]
    [InlineData(-0.004, "0.00", "0.00")]
    [InlineData(-0.0, "0.###", "0")]
    [InlineData(-0.0004, "P1", "0.0 %")]
    [InlineData(-10, "0", "-10")]
    [InlineData(double.NaN, "0.00", "NaN")]
    public void What_rounds_to_zero_has_no_minus_sign(double value, string format, string text)
    => Assert.Equal(text, FigureText.Of(value, format));

    [Theory]
    [InlineData(0.0882, "0.0882")]
    [InlineData(-0.00012345, "-0.000123")]
    [InlineData(0.09996, "0.100")]
    [InlineData(1234.5, "1230")]
    [InlineData(12.34, "12.3")]
    [InlineData(0.000001234, "1.23e-6")]
    [InlineData(-0.0, "0")]
    [InlineData(double.NaN, "NaN")]
    public void A_number_has_three_significant_digits(double value, string text) => Assert.Equal(text, FigureText.Significant(value));
}
