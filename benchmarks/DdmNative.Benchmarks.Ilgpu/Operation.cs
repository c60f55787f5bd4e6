using DdmNative.Compute;

namespace DdmNative.Benchmarks.Ilgpu;

/// <summary>One operation of the contracts at one shape.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="Prepare">Uploads the operands and returns the call and its results.</param>
internal sealed record Operation(string Name, Func<Device, Inputs, (Action Call, Tensor[] Results)> Prepare);
