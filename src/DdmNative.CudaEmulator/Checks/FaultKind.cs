namespace DdmNative.CudaEmulator.Checks;

/// <summary>What a kernel did that it must not do.</summary>
public enum FaultKind : byte
{
    OutOfBounds,
    UseAfterFree,
    Misaligned,
    WriteToConstant,
    UninitialisedGlobal,
    UninitialisedShared,
    UninitialisedRegister,
    /// <summary>Two threads wrote different values to one place of shared memory with no barrier in between.</summary>
    SharedWriteWriteRace,
    /// <summary>One thread read and another wrote a place of shared memory with no barrier in between.</summary>
    SharedReadWriteRace,
    /// <summary>Shared memory that <c>cp.async</c> is still filling was touched: no <c>cp.async.wait_group</c> of the copying thread in between.</summary>
    AsyncCopyNotAwaited,
    /// <summary>A barrier that some threads of the block wait at while the others have left the kernel, wait elsewhere or diverged.</summary>
    PartialBarrier,
    /// <summary>A warp-synchronous instruction whose mask leaves out a thread that executes it or names one that never comes.</summary>
    WarpSyncMask,
    /// <summary>A thread block executed more instructions than <c>EmulatorOptions</c> allow: most likely a loop without end.</summary>
    InstructionLimit,
    /// <summary><c>assert</c> in a kernel: <c>__assertfail</c>.</summary>
    Assertion,
    /// <summary>The kernel asked for it: <c>trap</c>, <c>brx.idx</c> past its table, a call through a pointer that is no function.</summary>
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

    /// <summary>The check that reports the fault; <see cref="FaultChecks.None"/> where it cannot be switched off, because execution cannot go on.</summary>
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
