namespace DdmNative.CudaEmulator.Checks;

/// <summary>The ways in which a kernel can fail.</summary>
public enum FaultKind : byte
{
    OutOfBounds,
    UseAfterFree,
    Misaligned,
    WriteToConstant,
    UninitialisedGlobal,
    UninitialisedShared,
    UninitialisedRegister,
    /// <summary>Two threads wrote different values to one location of shared memory with no barrier in between.</summary>
    SharedWriteWriteRace,
    /// <summary>One thread read and another wrote a location of shared memory with no barrier in between.</summary>
    SharedReadWriteRace,
    /// <summary>
    /// Access to shared memory that <c>cp.async</c> is still filling: no <c>cp.async.wait_group</c> of the copying thread in between.
    /// </summary>
    AsyncCopyNotAwaited,
    /// <summary>
    /// A barrier at which some threads of the block wait while the others have exited the kernel, wait elsewhere or diverged.
    /// </summary>
    PartialBarrier,
    /// <summary>A warp-synchronous instruction whose mask leaves out a thread that executes it or names one that never arrives.</summary>
    WarpSyncMask,
    /// <summary>A thread block executed more instructions than <c>EmulatorOptions</c> allow: most likely an infinite loop.</summary>
    InstructionLimit,
    /// <summary><c>assert</c> in a kernel: <c>__assertfail</c>.</summary>
    Assertion,
    /// <summary>
    /// The kernel stopped itself: <c>trap</c>, <c>brx.idx</c> past its table, a call through a pointer that is not a function.
    /// </summary>
    Trap,
}

/// <summary>How faults are named in reports, and which check finds them.</summary>
public static class FaultKindFacts
{
    public static string Title(this FaultKind kind) => kind switch
    {
        FaultKind.OutOfBounds => "out-of-bounds access",
        FaultKind.UseAfterFree => "use after free",
        FaultKind.Misaligned => "misaligned access",
        FaultKind.WriteToConstant => "write to constant memory",
        FaultKind.UninitialisedGlobal => "use of uninitialised global memory",
        FaultKind.UninitialisedShared => "use of uninitialised shared memory",
        FaultKind.UninitialisedRegister => "use of an uninitialised register",
        FaultKind.SharedWriteWriteRace => "write-write race in shared memory",
        FaultKind.SharedReadWriteRace => "read-write race in shared memory",
        FaultKind.AsyncCopyNotAwaited => "asynchronous copy not waited for",
        FaultKind.PartialBarrier => "barrier reached by a part of the block",
        FaultKind.WarpSyncMask => "wrong mask of a warp-synchronous instruction",
        FaultKind.InstructionLimit => "instruction limit reached",
        FaultKind.Assertion => "assertion failed",
        _ => "trap",
    };

    /// <summary>
    /// The check that reports the fault; <see cref="FaultChecks.None"/> if it cannot be switched off because execution cannot continue.
    /// </summary>
    public static FaultChecks Check(this FaultKind kind) => kind switch
    {
        FaultKind.UninitialisedGlobal => FaultChecks.UninitialisedGlobal,
        FaultKind.UninitialisedShared => FaultChecks.UninitialisedShared,
        FaultKind.UninitialisedRegister => FaultChecks.UninitialisedRegisters,
        FaultKind.SharedWriteWriteRace or FaultKind.SharedReadWriteRace => FaultChecks.SharedRaces,
        FaultKind.AsyncCopyNotAwaited => FaultChecks.AsyncCopies,
        FaultKind.WarpSyncMask => FaultChecks.WarpSyncMasks,
        FaultKind.UseAfterFree => FaultChecks.UseAfterFree,
        FaultKind.InstructionLimit => FaultChecks.InstructionLimit,
        _ => FaultChecks.None,
    };
}
