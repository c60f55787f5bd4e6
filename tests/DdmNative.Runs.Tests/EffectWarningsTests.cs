using DdmNative.Runs.Stages;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class EffectWarningsTests
{
    [Fact]
    public void Warnings_name_the_figure_and_what_to_do()
    {
        Assert.Empty(EffectWarnings.Of(1.2, 1, new EffectCheck(0.9, 1.5, 1.5)));
        string lost = Assert.Single(EffectWarnings.Of(7.15, 0.125, new EffectCheck(0.9, 1.5, 1.5)));
        Assert.Contains("7.15 times the target's", lost, StringComparison.Ordinal);
        Assert.Contains("followed only 0.125 of its update path", lost, StringComparison.Ordinal);
        Assert.Contains("ddm validate", lost, StringComparison.Ordinal);
        string disagrees = Assert.Single(EffectWarnings.Of(1, 1, new EffectCheck(0.09, 1, 0.05)));
        Assert.Contains("correlation is 0.09", disagrees, StringComparison.Ordinal);
        Assert.Single(EffectWarnings.Of(null, null, new EffectCheck(double.NaN, 1, double.NaN)));
        Assert.Single(EffectWarnings.Of(null, null, new EffectCheck(0.9, 1, -0.4)));
        string total = Assert.Single(EffectWarnings.Of(null, null, new EffectCheck(0.97, 1.5, 1.5, -0.16)));
        Assert.Contains("the effects on the total test loss", total, StringComparison.Ordinal);
        Assert.Contains("-0.16", total, StringComparison.Ordinal);
        Assert.Empty(EffectWarnings.Of(null, null, new EffectCheck(0.97, 1.5, 1.5, 0.8)));
    }
}
