namespace DdmNative.Compute.Cuda;

/// <summary>A tensor has more floats a member than a kernel supports. The message says which, and what to do.</summary>
public sealed class TensorTooLargeException(string message) : Exception(message);
