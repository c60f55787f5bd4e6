namespace DdmNative.Attribution.Datasets;

/// <summary>A file that holds several samples of a dataset.</summary>
/// <param name="File">Its name, relative to the data's folder.</param>
/// <param name="Count">The number of samples.</param>
public sealed record SourcePart(string File, int Count);
