namespace DdmNative.Attribution.Datasets;

/// <summary>Why files are left out, in words for one of them and for several.</summary>
internal sealed record LeftOutReason(string One, string Many);
