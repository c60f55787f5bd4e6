using System.Numerics;
using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Operations around the instructions that touch a register of which <see cref="DefiniteAssignment"/> is not sure: the register's written lanes are a word of the frame,
/// which begins as zero with every call.
/// </summary>
internal static unsafe class RegisterWatch
{
    /// <summary>Notes the written lanes in D. A guard is applied here (B, or −1, and Immediate to flip it), since the instruction itself counts the lanes that it leaves out.</summary>
    public static void Mark(Warp warp, Operation* operation, uint mask) => *(uint*)(warp.Frame + operation->D) |= Taking(warp, operation, mask);

    /// <summary>A fault if a lane that takes part reads what it has not written; A is the word of lanes.</summary>
    public static void Check(Warp warp, Operation* operation, uint mask)
    {
        uint missing = Taking(warp, operation, mask) & ~*(uint*)(warp.Frame + operation->A);
        if (missing != 0)
            throw warp.Fault(FaultKind.UninitialisedRegister, operation->Site, missing, null, $"register number {operation->Count} of the function, in {BitOperations.PopCount(missing)} lanes of the warp");
    }

    private static uint Taking(Warp warp, Operation* operation, uint mask) =>
        operation->B < 0 ? mask : mask & (*(uint*)(warp.Frame + operation->B) ^ (uint)operation->Immediate);
}
