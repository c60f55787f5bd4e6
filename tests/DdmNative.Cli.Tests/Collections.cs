using Xunit;

namespace DdmNative.Cli.Tests;

// Most tests start processes, each of which keeps one core busy: as many of these collections run side by side as there are cores. Each has
// its own files.

/// <summary>Commands that nothing disturbs.</summary>
[CollectionDefinition(Name)]
public sealed class Commands : ICollectionFixture<RunFiles>
{
    public const string Name = "commands";
}

/// <summary>Commands that are killed, stopped and starved.</summary>
[CollectionDefinition(Name)]
public sealed class DisturbedCommands : ICollectionFixture<RunFiles>
{
    public const string Name = "disturbed commands";
}

/// <summary>Commands on CUDA devices.</summary>
[CollectionDefinition(Name)]
public sealed class CudaCommands : ICollectionFixture<RunFiles>
{
    public const string Name = "CUDA commands";
}

/// <summary>Commands as the manual gives them.</summary>
[CollectionDefinition(Name)]
public sealed class ManualCommands : ICollectionFixture<RunFiles>
{
    public const string Name = "manual's commands";
}

/// <summary>The report that a command has written, in a browser.</summary>
[CollectionDefinition(Name)]
public sealed class Reports : ICollectionFixture<RunFiles>
{
    public const string Name = "reports";
}
