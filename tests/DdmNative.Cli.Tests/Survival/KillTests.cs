using DdmNative.Tests;
using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>kill -9 at any moment loses nothing. <c>build/kill-test.sh</c> runs it at fifty moments and more; here are a few.</summary>
[Collection(DisturbedCommands.Name)]
public sealed class KillTests(RunFiles files, ITestOutputHelper output)
{
    [Fact]
    public void Killed_at_random_moments_every_command_comes_to_the_bits_of_an_undisturbed_run()
        => new Kills(
            files.PathOf("kills"), TestScale.Number("DDMTEST_KILL_SEED", 1),
            line => SurvivalLog.Write(output, line)).Run(TestScale.Number("DDMTEST_KILLS", 3));
}
