using DdmNative.Compute.Cuda.Modules;

namespace DdmNative.Compute.Cuda;

/// <summary>The static properties of a kernel.</summary>
/// <param name="Registers">Of a thread, after the driver's compilation.</param>
/// <param name="SharedBytes">Static shared memory of a block.</param>
/// <param name="LocalBytes">Of a thread; a kernel of this build has none, unless the driver's compiler spilled registers.</param>
/// <param name="Mix">The instructions of its PTX; null if the kernel was loaded from a cubin, which has no text.</param>
public sealed record KernelFacts(int Registers, int SharedBytes, int LocalBytes, PtxInstructionMix? Mix);
