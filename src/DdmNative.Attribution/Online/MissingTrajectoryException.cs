namespace DdmNative.Attribution.Online;

/// <summary>A mode needs more of the target's training than was recorded.</summary>
public sealed class MissingTrajectoryException(string message) : Exception(message);
