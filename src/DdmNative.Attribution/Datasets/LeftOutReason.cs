namespace DdmNative.Attribution.Datasets;

/// <summary>The reason why files are left out, in words for one file and for several.</summary>
internal sealed record LeftOutReason(string One, string Many);
