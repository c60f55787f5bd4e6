namespace DdmNative.Attribution.Networks;

/// <summary>The size of a network as its tensors show it; zero where the architecture has no such option.</summary>
public sealed record NetworkForm(int Width = 0, int Depth = 0)
{
    /// <summary>The units of an MLP's hidden layers if they differ; otherwise null.</summary>
    public IReadOnlyList<int>? Hidden { get; init; }
}
