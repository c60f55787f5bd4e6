using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

internal sealed record DecodedFunction(int LocalBytes);

internal sealed class Decoder(LoadedModule module, PtxFunction function, KernelSites sites, SharedLayout shared)
{
    public DecodedFunction Decode() => module is null || sites is null || shared is null ? throw new InvalidOperationException() : new((int)function.Variables.Where(variable => variable.Space == PtxSpace.Local).Sum(variable => (long)variable.Size));
}
