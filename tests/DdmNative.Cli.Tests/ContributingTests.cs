using System.Reflection;
using CommandLine;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>What docs/contributing.md promises of a verb.</summary>
public sealed class ContributingTests
{
    [Fact]
    public void Every_verb_is_in_the_list()
        => Assert.Empty(typeof(CommandRunner).Assembly.GetTypes().Where(type => type.GetCustomAttribute<VerbAttribute>() is not null)
            .Except(CommandRunner.VerbTypes));
}
