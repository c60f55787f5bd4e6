namespace DdmNative.Attribution.Formats;

/// <summary>A tensor under our name, and its name in the file, for messages.</summary>
internal sealed record RenamedTensor(NamedTensor Tensor, string Original)
{
    /// <summary>The name for messages: the file's, and ours if it differs.</summary>
    public string Name => Original == Tensor.Name ? Original : $"{Original} ({Tensor.Name})";
}
