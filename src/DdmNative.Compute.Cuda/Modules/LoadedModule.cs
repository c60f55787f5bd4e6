namespace DdmNative.Compute.Cuda.Modules;

/// <summary>A module that a device has loaded.</summary>
/// <param name="Name">Its file's name without the ending.</param>
/// <param name="Bytes">Of the PTX or cubin.</param>
/// <param name="IsCubin">Whether it is machine code; the driver compiles PTX, unless its cache has the result.</param>
/// <param name="Time">The time that the driver needed.</param>
public sealed record LoadedModule(string Name, long Bytes, bool IsCubin, TimeSpan Time);
