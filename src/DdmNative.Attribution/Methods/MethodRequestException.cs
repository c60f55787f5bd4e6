namespace DdmNative.Attribution.Methods;

/// <summary>
/// A method of attribution was asked for something that it cannot do: the message says what, and what to ask for in its place.
/// </summary>
public sealed class MethodRequestException(string message) : Exception(message);
