namespace DdmNative.Attribution.Formats;

/// <summary>A tensor under our name, and the name that its file gives it, which messages use.</summary>
internal sealed record RenamedTensor(NamedTensor Tensor, string Original)
{
    /// <summary>For messages: the file's name, and ours where it is another.</summary>
    public string Name => Original == Tensor.Name ? Original : $"{Original} ({Tensor.Name})";
}
