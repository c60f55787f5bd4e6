using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Tests.Checks;

/// <summary>
/// A small kernel in two forms, with a fault and without. Lines that start with <c>-</c> belong only to the faulty form, lines with
/// <c>+</c> only to the correct one; the fault must be reported at a line that ends with <c>// here</c>. The body has its thread's number
/// in %r0, output and input in %rd0 and %rd1, 4 times the thread's number in %rd2 and the addresses of its element in input and output in
/// %rd3 and %rd4. Both have 64 floats; the output is uninitialised.
/// </summary>
/// <param name="Name">Completes the sentence: the fault is …</param>
/// <param name="Kind">The kind of fault that must be reported.</param>
/// <param name="Threads">Threads of the single block.</param>
/// <param name="Body">PTX.</param>
/// <param name="Module">PTX outside of the kernel.</param>
/// <param name="FreesInput">The host frees the input before the faulty launch.</param>
internal sealed record SeededFault(string Name, FaultKind Kind, int Threads, string Body, string Module = "", bool FreesInput = false)
{
    /// <summary>The source line of each line marked <c>// here</c>.</summary>
    public const int SourceLine = 42;

    /// <summary>The module's text, and the one-based numbers of the marked lines.</summary>
    public (string Text, IReadOnlySet<int> Marked) Form(bool faulty)
    {
        List<string> lines = [.. Header.Replace("{module}", Module, StringComparison.Ordinal).Split('\n')];
        HashSet<int> marked = [];
        foreach (string line in Body.Split('\n'))
        {
            if (line.StartsWith(faulty ? '+' : '-'))
                continue;
            string text = line.TrimStart('+', '-');
            if (text.EndsWith("// here", StringComparison.Ordinal))
            {
                lines.Add($"    .loc 1 {SourceLine} 0");
                lines.Add(text);
                marked.Add(lines.Count);
                lines.Add("    .loc 1 50 0");
            }
            else
            {
                lines.Add(text);
            }
        }

        lines.Add("    ret;");
        lines.Add("}");
        return (string.Join('\n', lines) + '\n', marked);
    }

    public override string ToString() => Name;

    private const string Header = """
        .version 7.8
        .target sm_80
        .address_size 64
        .file 1 "seeded.cu"
        {module}
        .visible .entry seeded(.param .u64 seeded_output, .param .u64 seeded_input)
        {
            .reg .pred %p<4>;
            .reg .b32 %r<16>;
            .reg .f32 %f<8>;
            .reg .b64 %rd<8>;
            .shared .align 16 .b8 tile[256];
            .local .align 16 .b8 stack[16];
            .loc 1 10 0
            mov.u32 %r0, %tid.x;
            ld.param.u64 %rd0, [seeded_output];
            ld.param.u64 %rd1, [seeded_input];
            cvta.to.global.u64 %rd0, %rd0;
            cvta.to.global.u64 %rd1, %rd1;
            mul.wide.u32 %rd2, %r0, 4;
            add.s64 %rd3, %rd1, %rd2;
            add.s64 %rd4, %rd0, %rd2;
            mov.u32 %r1, tile;
            shl.b32 %r2, %r0, 2;
            add.s32 %r2, %r1, %r2;
        """;

    /// <summary>At least one fault for each check. %r1 is the address of the tile, %r2 that of the thread's word in it.</summary>
    public static IReadOnlyList<SeededFault> All { get; } =
    [
        new("a read past the end of an allocation", FaultKind.OutOfBounds, 64, """
            -    add.s64 %rd3, %rd3, 4;
                 ld.global.f32 %f1, [%rd3]; // here
                 st.global.f32 [%rd4], %f1;
            """),
        new("a write before an allocation", FaultKind.OutOfBounds, 64, """
            -    sub.s64 %rd4, %rd4, 4;
                 st.global.u32 [%rd4], %r0; // here
            """),
        new("a read through a null pointer", FaultKind.OutOfBounds, 32, """
            -    mov.u64 %rd3, 0;
                 ld.u32 %r3, [%rd3]; // here
            """),
        new("an atomic addition past the end of an allocation", FaultKind.OutOfBounds, 64, """
            -    add.s64 %rd3, %rd3, 4;
                 red.global.add.u32 [%rd3], 1; // here
            """),
        new("a write past the end of shared memory", FaultKind.OutOfBounds, 64, """
            -    add.s32 %r2, %r2, 4;
                 st.shared.u32 [%r2], %r0; // here
            """),
        new("a write past the end of local memory", FaultKind.OutOfBounds, 32, """
                 mov.u64 %rd5, stack;
            -    add.s64 %rd5, %rd5, 4;
                 st.local.u32 [%rd5+12], %r0; // here
            """),
        new("a read of freed memory", FaultKind.UseAfterFree, 32, """
                 ld.global.f32 %f1, [%rd3]; // here
                 st.global.f32 [%rd4], %f1;
            """, FreesInput: true),
        new("a vector read that is not aligned", FaultKind.Misaligned, 32, """
            -    add.s64 %rd1, %rd1, 4;
                 ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1]; // here
            """),
        new("a vector write to shared memory that is not aligned", FaultKind.Misaligned, 1, """
                 mov.u64 %rd5, 7;
            -    add.s32 %r1, %r1, 4;
                 st.shared.v2.u32 [%r1], {%r0, %r0}; // here
            """),
        new("a write to constant memory", FaultKind.WriteToConstant, 32, """
                 mov.u64 %rd5, table;
                 cvta.const.u64 %rd5, %rd5;
                 add.s64 %rd5, %rd5, %rd2;
            -    st.u32 [%rd5], %r0; // here
            +    ld.u32 %r3, [%rd5]; // here
            """, Module: ".const .align 4 .u32 table[64];"),
        new("a store of a value read from uninitialised global memory", FaultKind.UninitialisedGlobal, 32, """
            +    st.global.u32 [%rd4], %r0;
                 ld.global.u32 %r3, [%rd4];
                 st.global.u32 [%rd4+128], %r3; // here
            """),
        new("a copy from uninitialised global memory", FaultKind.UninitialisedGlobal, 32, """
            -    cp.async.ca.shared.global [%r2], [%rd4], 4;
            +    cp.async.ca.shared.global [%r2], [%rd3], 4;
                 cp.async.wait_all;
                 ld.shared.u32 %r3, [%r2];
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("a read of uninitialised shared memory", FaultKind.UninitialisedShared, 32, """
            +    st.shared.u32 [%r2], %r0;
                 ld.shared.u32 %r3, [%r2];
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("a read of a register that is unwritten on one path", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 mov.u32 %r3, 7;
            +    @!%p1 mov.u32 %r3, 8;
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("two warps that write different values to one location", FaultKind.SharedWriteWriteRace, 64, """
                 shr.u32 %r3, %r0, 5;
            +    mov.u32 %r3, 1;
                 st.shared.u32 [%r1], %r3; // here
            """),
        new("a read of a value that another warp writes with no barrier in between", FaultKind.SharedReadWriteRace, 64, """
                 setp.lt.u32 %p1, %r0, 32;
                 @%p1 st.shared.u32 [%r2], %r0;
            +    bar.sync 0;
                 xor.b32 %r3, %r2, 128;
                 @!%p1 ld.shared.u32 %r4, [%r3]; // here
            """),
        new("a write to a location that another warp reads with no barrier in between", FaultKind.SharedReadWriteRace, 64, """
                 st.shared.u32 [%r2], %r0;
                 bar.sync 0;
                 setp.lt.u32 %p1, %r0, 32;
                 xor.b32 %r3, %r2, 128;
                 @%p1 ld.shared.u32 %r4, [%r3];
            +    bar.sync 0;
                 @!%p1 st.shared.u32 [%r2], %r0; // here
            """),
        new("a plain read of a location that another warp updates atomically", FaultKind.SharedReadWriteRace, 64, """
                 setp.eq.u32 %p1, %r0, 0;
                 @%p1 st.shared.u32 [%r1], 0;
                 bar.sync 0;
                 red.shared.add.u32 [%r1], 1;
            +    bar.sync 0;
                 ld.shared.u32 %r4, [%r1]; // here
                 st.global.u32 [%rd4], %r4;
            """),
        new("lanes of one warp that exchange values with no warp barrier in between", FaultKind.SharedReadWriteRace, 32, """
                 st.shared.u32 [%r2], %r0;
            +    bar.warp.sync -1;
                 xor.b32 %r3, %r2, 64;
                 ld.shared.u32 %r4, [%r3]; // here
                 st.global.u32 [%rd4], %r4;
            """),
        new("a copy that is not waited for", FaultKind.AsyncCopyNotAwaited, 32, """
                 cp.async.ca.shared.global [%r2], [%rd3], 4;
                 cp.async.commit_group;
            +    cp.async.wait_group 0;
                 ld.shared.u32 %r4, [%r2]; // here
                 st.global.u32 [%rd4], %r4;
            """),
        new("a wait for one group too few", FaultKind.AsyncCopyNotAwaited, 32, """
                 cp.async.ca.shared.global [%r2], [%rd3], 4;
                 cp.async.commit_group;
                 cp.async.ca.shared.global [%r2+128], [%rd3], 4;
                 cp.async.commit_group;
                 cp.async.wait_group 1;
                 bar.sync 0;
            -    ld.shared.u32 %r4, [%r2+128]; // here
            +    ld.shared.u32 %r4, [%r2]; // here
                 st.global.u32 [%rd4], %r4;
            """),
        new("a barrier before which one warp leaves the kernel", FaultKind.PartialBarrier, 64, """
                 setp.ge.u32 %p1, %r0, 32;
            -    @%p1 ret;
                 bar.sync 0; // here
            """),
        new("a barrier at which only some lanes of a warp arrive", FaultKind.PartialBarrier, 32, """
                 setp.lt.u32 %p1, %r0, 16;
            -    @%p1 bar.sync 0; // here
            +    bar.sync 0;
            """),
        new("two barriers at which two warps wait for each other", FaultKind.PartialBarrier, 64, """
                 setp.lt.u32 %p1, %r0, 32;
                 @%p1 bra ONE;
                 bar.sync 0; // here
                 bra BOTH;
             ONE:
            -    bar.sync 1; // here
            +    bar.sync 0;
             BOTH:
            """),
        new("a warp barrier whose mask leaves out a lane that arrives", FaultKind.WarpSyncMask, 32, """
            -    bar.warp.sync 2147483647; // here
            +    bar.warp.sync -1; // here
            """),
        new("a shuffle whose mask names lanes that have left", FaultKind.WarpSyncMask, 32, """
                 setp.ge.u32 %p1, %r0, 16;
                 @%p1 ret;
            -    shfl.sync.bfly.b32 %r3, %r0, 1, 31, -1; // here
            +    shfl.sync.bfly.b32 %r3, %r0, 1, 31, 65535; // here
                 st.global.u32 [%rd4], %r3;
            """),
        new("an infinite loop", FaultKind.InstructionLimit, 32, """
                 mov.u32 %r3, 0;
             LOOP:
                 add.u32 %r3, %r3, 1; // here
            -    bra LOOP; // here
            +    setp.lt.u32 %p1, %r3, 100;
            +    @%p1 bra LOOP;
            """),
        new("a trap", FaultKind.Trap, 32, """
                 setp.eq.u32 %p1, %r0, 64;
            -    setp.eq.u32 %p1, %r0, 3;
                 @%p1 trap; // here
            """),
        new("a failed assertion", FaultKind.Assertion, 32, """
                 setp.eq.u32 %p1, %r0, 64;
            -    setp.eq.u32 %p1, %r0, 3;
                 @!%p1 bra GOOD;
                 {
                 .param .b64 text; .param .b64 file; .param .b32 line; .param .b64 name; .param .b64 size;
                 .reg .b64 %message;
                 mov.u64 %message, message;
                 cvta.global.u64 %message, %message;
                 st.param.b64 [text], %message; st.param.b64 [file], %message; st.param.b32 [line], 42;
                 st.param.b64 [name], %message; st.param.b64 [size], 1;
                 call.uni __assertfail, (text, file, line, name, size); // here
                 }
             GOOD:
            """, ".extern .func __assertfail(.param .b64 a, .param .b64 b, .param .b32 c, .param .b64 d, .param .b64 e);\n.global .align 1 "
            + ".b8 message[4] = {120, 62, 48, 0};"),
        new("a read of one address past the end by all lanes", FaultKind.OutOfBounds, 64, """
            -    ld.global.f32 %f1, [%rd1+256]; // here
            +    ld.global.f32 %f1, [%rd1+252]; // here
                 st.global.f32 [%rd4], %f1;
            """),
        new("a vector read past the end of shared memory", FaultKind.OutOfBounds, 32, """
                 bar.warp.sync -1;
                 shl.b32 %r3, %r0, 4;
                 and.b32 %r3, %r3, 240;
                 add.s32 %r3, %r3, %r1;
                 st.shared.v4.u32 [%r3], {%r2, %r2, %r2, %r2};
                 bar.warp.sync -1;
            -    add.s32 %r3, %r3, 16;
                 ld.shared.v4.f32 {%f1, %f2, %f3, %f4}, [%r3]; // here
            """),
        new("an asynchronous copy from past the end of an allocation", FaultKind.OutOfBounds, 64, """
            -    add.s64 %rd3, %rd3, 4;
                 cp.async.ca.shared.global [%r2], [%rd3], 4; // here
                 cp.async.wait_all;
            """),
        new("an asynchronous copy to past the end of shared memory", FaultKind.OutOfBounds, 64, """
            -    add.s32 %r2, %r2, 4;
                 cp.async.ca.shared.global [%r2], [%rd3], 4; // here
                 cp.async.wait_all;
            """),
        new("a write to freed memory", FaultKind.UseAfterFree, 32, """
                 st.global.u32 [%rd3], %r0; // here
            """, FreesInput: true),
        new("an atomic addition to freed memory", FaultKind.UseAfterFree, 32, """
                 red.global.add.u32 [%rd1], 1; // here
            """, FreesInput: true),
        new("an asynchronous copy that is not aligned", FaultKind.Misaligned, 8, """
                 mul.wide.u32 %rd5, %r0, 16;
                 add.s64 %rd5, %rd5, %rd1;
                 shl.b32 %r3, %r0, 4;
                 add.s32 %r3, %r3, %r1;
            -    add.s64 %rd5, %rd5, 8;
                 cp.async.cg.shared.global [%r3], [%rd5], 16; // here
                 cp.async.wait_all;
            """),
        new("an atomic addition that is not aligned", FaultKind.Misaligned, 1, """
            -    add.s64 %rd1, %rd1, 4;
                 red.global.add.u64 [%rd1], 1; // here
            """),
        new("a read of a row of global memory with one uninitialised word", FaultKind.UninitialisedGlobal, 32, """
                 setp.ne.u32 %p1, %r0, 17;
            -    @%p1 st.global.u32 [%rd4], %r0;
            +    st.global.u32 [%rd4], %r0;
                 ld.global.u32 %r3, [%rd4];
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("a read by all lanes of a word of global memory with one uninitialised byte", FaultKind.UninitialisedGlobal, 32, """
                 st.global.u8 [%rd0], %r0;
                 st.global.u8 [%rd0+1], %r0;
                 st.global.u8 [%rd0+2], %r0;
            +    st.global.u8 [%rd0+3], %r0;
                 ld.global.u32 %r3, [%rd0];
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("an atomic addition to uninitialised global memory", FaultKind.UninitialisedGlobal, 32, """
            +    st.global.u32 [%rd0], 0;
                 red.global.add.u32 [%rd0], 1; // here
            """),
        new("a read of a row of shared memory with one uninitialised word", FaultKind.UninitialisedShared, 32, """
                 setp.ne.u32 %p1, %r0, 29;
            -    @%p1 st.shared.u32 [%r2], %r0;
            +    st.shared.u32 [%r2], %r0;
                 ld.shared.u32 %r3, [%r2];
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("a vector read of shared memory whose last word is uninitialised", FaultKind.UninitialisedShared, 32, """
                 st.shared.v2.u32 [%r1], {%r1, %r1};
                 st.shared.u32 [%r1+8], %r1;
            +    st.shared.u32 [%r1+12], %r1;
                 bar.warp.sync -1;
                 ld.shared.v4.f32 {%f1, %f2, %f3, %f4}, [%r1];
                 st.global.f32 [%rd4], %f4; // here
            """),
        new("an address from a register that is unwritten on one path", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 mov.u32 %r3, %r2;
            +    @!%p1 mov.u32 %r3, %r1;
                 mov.u32 %r4, 7;
                 st.shared.u32 [%r3], %r4; // here
            """),
        new("a branch on a predicate that is unwritten on one path", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 setp.eq.u32 %p2, %r0, 3;
            +    @!%p1 setp.eq.u32 %p2, %r0, 4;
                 @%p2 bra END; // here
                 st.global.u32 [%rd4], %r0;
             END:
            """),
        new("a sum with a register that is unwritten on one path", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 mov.u32 %r3, 7;
            +    @!%p1 mov.u32 %r3, 8;
                 mad.lo.u32 %r4, %r3, 3, %r0;
                 shl.b32 %r5, %r4, 1;
                 st.global.u32 [%rd4], %r5; // here
            """),
        new("a shuffle from a register that is unwritten on one path", FaultKind.UninitialisedRegister, 32, """
                 setp.ne.u32 %p1, %r0, 3;
                 @%p1 mov.u32 %r3, 7;
            +    @!%p1 mov.u32 %r3, 8;
                 shfl.sync.idx.b32 %r4, %r3, 3, 31, -1;
                 st.global.u32 [%rd4], %r4; // here
            """),
        new("a register that is unwritten on one path and is passed through shared memory", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 mov.u32 %r3, 7;
            +    @!%p1 mov.u32 %r3, 8;
                 st.shared.u32 [%r2], %r3;
                 bar.sync 0;
                 xor.b32 %r4, %r2, 128;
                 ld.shared.u32 %r5, [%r4];
                 st.global.u32 [%rd4], %r5; // here
            """),
        new("a register that is unwritten on one path and is passed through the stack", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 mov.u32 %r3, 7;
            +    @!%p1 mov.u32 %r3, 8;
                 st.local.u32 [stack+4], %r3;
                 ld.local.u32 %r5, [stack+4];
                 st.global.u32 [%rd4], %r5; // here
            """),
        new("a register that is unwritten on one path and is returned by a function", FaultKind.UninitialisedRegister, 64, """
                 setp.lt.u32 %p1, %r0, 40;
                 @%p1 mov.u32 %r3, 7;
            +    @!%p1 mov.u32 %r3, 8;
                 {
                 .param .b32 given; .param .b32 twice;
                 st.param.b32 [given], %r3;
                 call.uni (twice), doubled, (given);
                 ld.param.b32 %r5, [twice];
                 }
                 st.global.u32 [%rd4], %r5; // here
            """, """
            .func (.param .b32 result) doubled(.param .b32 value)
            {
            .reg .b32 %v<2>;
            ld.param.b32 %v0, [value];
            add.u32 %v1, %v0, %v0;
            st.param.b32 [result], %v1;
            ret;
            }
            """),
        new("a barrier whose number of threads is in a register that is unwritten on one path", FaultKind.UninitialisedRegister, 64, """
                 and.b32 %r4, %r0, 31;
                 setp.ne.u32 %p1, %r4, 40;
            -    setp.ne.u32 %p1, %r4, 20;
                 @%p1 mov.u32 %r3, 64;
                 bar.sync 1, %r3; // here
            """),
        new("an address read from uninitialised shared memory", FaultKind.UninitialisedShared, 32, """
            +    st.shared.u32 [%r2], 4;
                 ld.shared.u32 %r3, [%r2];
                 add.u32 %r4, %r3, %r1;
                 st.shared.u32 [%r4+128], 1; // here
            """),
        new("a branch on a value computed from uninitialised shared memory", FaultKind.UninitialisedShared, 32, """
            +    st.shared.u32 [%r2], 4;
                 ld.shared.u32 %r3, [%r2];
                 and.b32 %r4, %r3, 1;
                 setp.eq.u32 %p1, %r4, 1;
                 @%p1 bra END; // here
                 st.global.u32 [%rd4], %r0;
             END:
            """),
        new("a store under a predicate from uninitialised global memory", FaultKind.UninitialisedGlobal, 32, """
            +    st.global.u32 [%rd4], %r0;
                 ld.global.u32 %r3, [%rd4];
                 setp.eq.u32 %p1, %r3, 1;
                 @%p1 st.global.u32 [%rd4], %r0; // here
            """),
        new("an exchange of global memory with a value from uninitialised shared memory", FaultKind.UninitialisedShared, 32, """
            +    st.shared.u32 [%r2], %r0;
                 ld.shared.u32 %r3, [%r2];
                 atom.global.exch.b32 %r4, [%rd3], %r3; // here
            """),
        new("an atomic addition to uninitialised shared memory", FaultKind.UninitialisedShared, 32, """
            +    st.shared.u32 [%r2], 0;
                 red.shared.add.u32 [%r2], 1;
                 ld.shared.u32 %r3, [%r2];
                 st.global.u32 [%rd4], %r3; // here
            """),
        new("a matrix from shared memory with one uninitialised row", FaultKind.UninitialisedShared, 32, """
                 shl.b32 %r3, %r0, 3;
                 and.b32 %r3, %r3, 127;
                 add.u32 %r3, %r3, %r1;
                 setp.lt.u32 %p1, %r0, 16;
            -    setp.lt.u32 %p1, %r0, 14;
                 @%p1 st.shared.v2.u32 [%r3], {%r0, %r0};
                 bar.warp.sync -1;
                 shl.b32 %r4, %r0, 4;
                 and.b32 %r4, %r4, 127;
                 add.u32 %r4, %r4, %r1;
                 ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r5}, [%r4];
                 st.global.u32 [%rd4], %r5; // here
            """),
        new("a product of a matrix with one unwritten element", FaultKind.UninitialisedRegister, 32, """
                 setp.ne.u32 %p1, %r0, 9;
                 @%p1 mov.u32 %r3, 0;
            +    @!%p1 mov.u32 %r3, 0;
                 mov.f32 %f0, 0f00000000;
                 mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
                     {%f1, %f2, %f3, %f4}, {%r3, %r0, %r0, %r0}, {%r0, %r0}, {%f0, %f0, %f0, %f0};
                 st.global.f32 [%rd4], %f1; // here
            """),
        new("two warps that write overlapping rows", FaultKind.SharedWriteWriteRace, 64, """
                 shr.u32 %r3, %r0, 5;
                 and.b32 %r4, %r0, 31;
                 mad.lo.u32 %r4, %r3, 31, %r4;
            +    add.u32 %r4, %r4, %r3;
                 mad.lo.u32 %r4, %r4, 4, %r1;
                 st.shared.u32 [%r4], %r0; // here
            """),
        new("a vector write over what another warp reads word by word", FaultKind.SharedReadWriteRace, 64, """
                 st.shared.u32 [%r2], %r0;
                 bar.sync 0;
                 setp.lt.u32 %p1, %r0, 32;
                 @%p1 ld.shared.u32 %r4, [%r2];
            +    bar.sync 0;
                 setp.lt.u32 %p2, %r0, 40;
                 and.b32 %r5, %r0, 7;
                 mad.lo.u32 %r5, %r5, 16, %r1;
                 @%p1 bra END;
                 @%p2 st.shared.v4.u32 [%r5], {%r0, %r0, %r0, %r0}; // here
             END:
            """),
        new("a read of memory that another warp copies to, after a barrier but no wait", FaultKind.AsyncCopyNotAwaited, 64, """
                 cp.async.ca.shared.global [%r2], [%rd3], 4;
                 cp.async.commit_group;
            +    cp.async.wait_all;
                 bar.sync 0;
                 xor.b32 %r3, %r2, 128;
                 ld.shared.u32 %r4, [%r3]; // here
            """),
        new("a write to memory that a copy is still filling", FaultKind.AsyncCopyNotAwaited, 32, """
                 cp.async.ca.shared.global [%r2], [%rd3], 4;
            +    cp.async.wait_all;
                 st.shared.u32 [%r2], %r0; // here
            """),
        new("a barrier for more warps than arrive", FaultKind.PartialBarrier, 96, """
                 setp.ge.u32 %p1, %r0, 64;
                 @%p1 ret;
            -    bar.sync 2, 96; // here
            +    bar.sync 2, 64;
            """),
        new("a warp barrier that names lanes on the other path of a branch", FaultKind.WarpSyncMask, 32, """
                 setp.lt.u32 %p1, %r0, 16;
                 @%p1 bra LOW;
            -    bar.warp.sync -1; // here
            +    bar.warp.sync 0xffff0000;
                 bra END;
             LOW:
            -    bar.warp.sync -1; // here
            +    bar.warp.sync 0x0000ffff;
             END:
            """),
        new("a vote whose mask leaves out a lane that votes", FaultKind.WarpSyncMask, 32, """
                 setp.lt.u32 %p1, %r0, 16;
            -    vote.sync.ballot.b32 %r3, %p1, 65535; // here
            +    vote.sync.ballot.b32 %r3, %p1, -1; // here
                 st.global.u32 [%rd4], %r3;
            """),
        new("a branch past the end of its table", FaultKind.Trap, 32, """
                 and.b32 %r3, %r0, 1;
            -    add.u32 %r3, %r0, 0;
             TABLE: .branchtargets ONE, TWO;
                 brx.idx %r3, TABLE; // here
             ONE:
             TWO:
            """),
    ];
}
