namespace DdmNative.Compute.Cuda.Modules;

/// <summary>A module that a device has loaded.</summary>
/// <param name="Name">Its file's name without the ending.</param>
/// <param name="Bytes">Of the PTX or cubin.</param>
/// <param name="IsCubin">Whether it was machine code already; PTX is compiled by the driver, unless it finds it in its cache.</param>
/// <param name="Time">That the driver took.</param>
public sealed record LoadedModule(string Name, long Bytes, bool IsCubin, TimeSpan Time);
