using System.Diagnostics.CodeAnalysis;

namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// Every instruction that the emulator supports, according to the PTX ISA 8.x, chapter 9.7: mnemonic, types, modifiers, operands (see
/// <see cref="PtxInstructionForm"/>). Any other instruction is a load error.
/// </summary>
internal static class PtxInstructionTable
{
    private const string Rows =
        """
        add         | u16/s16/u64/s64             |                                       | d s s
        add         | u32                         | ?cc                                   | d s s
        add         | s32                         | ?sat ?cc                              | d s s
        add         | u64/s64                     | cc                                    | d s s
        add         | f32                         | ?RND ?ftz ?sat                        | d s s
        add         | f64                         | ?RND                                  | d s s
        add         | f16/f16x2                   | ?rn ?ftz ?sat                         | d s s
        add         | bf16/bf16x2                 | ?rn                                   | d s s
        add         | u16x2/s16x2                 |                                       | d s s
        sub         | u16/s16/u64/s64             |                                       | d s s
        sub         | u32                         | ?cc                                   | d s s
        sub         | s32                         | ?sat ?cc                              | d s s
        sub         | u64/s64                     | cc                                    | d s s
        sub         | f32                         | ?RND ?ftz ?sat                        | d s s
        sub         | f64                         | ?RND                                  | d s s
        sub         | f16/f16x2                   | ?rn ?ftz ?sat                         | d s s
        sub         | bf16/bf16x2                 | ?rn                                   | d s s
        addc        | u32/s32/u64/s64             | ?cc                                   | d s s
        subc        | u32/s32/u64/s64             | ?cc                                   | d s s
        mul         | INT                         | hi/lo                                 | d s s
        mul         | u16/s16/u32/s32             | wide                                  | dw s s
        mul         | f32                         | ?RND ?ftz ?sat                        | d s s
        mul         | f64                         | ?RND                                  | d s s
        mul         | f16/f16x2                   | ?rn ?ftz ?sat                         | d s s
        mul         | bf16/bf16x2                 | ?rn                                   | d s s
        mul24       | u32/s32                     | hi/lo                                 | d s s
        mad         | INT                         | hi/lo                                 | d s s s
        mad         | u32/s32/u64/s64             | hi/lo cc                              | d s s s
        mad         | s32                         | hi sat                                | d s s s
        mad         | u16/s16/u32/s32             | wide                                  | dw s s sw
        mad         | f32                         | RND ?ftz ?sat                         | d s s s
        mad         | f64                         | RND                                   | d s s s
        madc        | u32/s32/u64/s64             | hi/lo ?cc                             | d s s s
        mad24       | u32/s32                     | hi/lo                                 | d s s s
        mad24       | s32                         | hi sat                                | d s s s
        fma         | f32                         | RND ?ftz ?sat                         | d s s s
        fma         | f64                         | RND                                   | d s s s
        fma         | f16/f16x2                   | rn ?ftz ?sat                          | d s s s
        fma         | f16/f16x2                   | rn ?ftz relu                          | d s s s
        fma         | bf16/bf16x2                 | rn ?relu                              | d s s s
        sad         | INT                         |                                       | d s s s
        div         | INT                         |                                       | d s s
        div         | f32                         | approx/full/rn/rz/rm/rp ?ftz          | d s s
        div         | f64                         | RND                                   | d s s
        rem         | INT                         |                                       | d s s
        abs         | s16/s32/s64                 |                                       | d s
        abs         | f32/f16/f16x2               | ?ftz                                  | d s
        abs         | f64/bf16/bf16x2             |                                       | d s
        neg         | s16/s32/s64                 |                                       | d s
        neg         | f32/f16/f16x2               | ?ftz                                  | d s
        neg         | f64/bf16/bf16x2             |                                       | d s
        min         | INT                         |                                       | d s s
        min         | u16x2/s16x2                 |                                       | d s s
        min         | s32/s16x2                   | relu                                  | d s s
        min         | f32/f16/f16x2               | ?ftz ?NaN ?xorsign ?abs               | d s s
        min         | bf16/bf16x2                 | ?NaN ?xorsign ?abs                    | d s s
        min         | f64                         |                                       | d s s
        max         | INT                         |                                       | d s s
        max         | u16x2/s16x2                 |                                       | d s s
        max         | s32/s16x2                   | relu                                  | d s s
        max         | f32/f16/f16x2               | ?ftz ?NaN ?xorsign ?abs               | d s s
        max         | bf16/bf16x2                 | ?NaN ?xorsign ?abs                    | d s s
        max         | f64                         |                                       | d s s
        copysign    | f32/f64                     |                                       | d s s
        testp       | f32/f64                     | finite/infinite/number/notanumber/normal/subnormal | p s
        rcp         | f32                         | approx/rn/rz/rm/rp ?ftz               | d s
        rcp         | f64                         | RND                                   | d s
        rcp         | f64                         | approx ftz                            | d s
        sqrt        | f32                         | approx/rn/rz/rm/rp ?ftz               | d s
        sqrt        | f64                         | RND                                   | d s
        rsqrt       | f32/f64                     | approx ?ftz                           | d s
        sin         | f32                         | approx ?ftz                           | d s
        cos         | f32                         | approx ?ftz                           | d s
        lg2         | f32                         | approx ?ftz                           | d s
        ex2         | f32                         | approx ?ftz                           | d s
        ex2         | f16/f16x2                   | approx                                | d s
        ex2         | bf16/bf16x2                 | approx ftz                            | d s
        tanh        | f32/f16/f16x2/bf16/bf16x2   | approx                                | d s
        and         | pred                        |                                       | p q q
        and         | BITS                        |                                       | d s s
        or          | pred                        |                                       | p q q
        or          | BITS                        |                                       | d s s
        xor         | pred                        |                                       | p q q
        xor         | BITS                        |                                       | d s s
        not         | pred                        |                                       | p q
        not         | BITS                        |                                       | d s
        cnot        | BITS                        |                                       | d s
        lop3        | b32                         |                                       | d s s s i
        shl         | BITS                        |                                       | d s s=4
        shr         | BITS/INT                    |                                       | d s s=4
        shf         | b32                         | l/r wrap/clamp                        | d s s s
        popc        | b32/b64                     |                                       | d=4 s
        clz         | b32/b64                     |                                       | d=4 s
        brev        | b32/b64                     |                                       | d s
        bfind       | u32/s32/u64/s64             | ?shiftamt                             | d=4 s
        fns         | b32                         |                                       | d s s s
        bfe         | u32/s32/u64/s64             |                                       | d s s=4 s=4
        bfi         | b32/b64                     |                                       | d s s s=4 s=4
        bmsk        | b32                         | clamp/wrap                            | d s s
        szext       | u32/s32                     | clamp/wrap                            | d s s
        prmt        | b32                         | ?f4e/b4e/rc8/ecl/ecr/rc16             | d s s s
        dp4a        | u32/s32.u32/s32             |                                       | d=4 s=4 s=4 s=4
        dp2a        | u32/s32.u32/s32             | lo/hi                                 | d=4 s=4 s=4 s=4
        set         | u16/s16/u32/s32/f32.COMPARED| CMP                                   | d s1 s1
        set         | u16/s16/u32/s32/f32.COMPARED| CMP BOOL                              | d s1 s1 q
        set         | u16/s16/u32/s32/f32/f16/bf16.f32/f16/bf16 u32/s32/f32.f64 | FLOAT_CMP ?ftz | d s1 s1
        set         | f16x2.f16x2 bf16x2.bf16x2 u32/s32.f16x2/bf16x2 | FLOAT_CMP ?ftz | d s1 s1
        set         | u16/s16/u32/s32/f32/f16/bf16.f32/f16/bf16 u32/s32/f32.f64 | FLOAT_CMP BOOL ?ftz | d s1 s1 q
        set         | f16x2.f16x2 bf16x2.bf16x2 u32/s32.f16x2/bf16x2 | FLOAT_CMP BOOL ?ftz | d s1 s1 q
        setp        | COMPARED                    | CMP                                   | p| s s
        setp        | COMPARED                    | CMP BOOL                              | p| s s q
        setp        | f32/f64/f16/f16x2/bf16/bf16x2 | FLOAT_CMP ?ftz                      | p| s s
        setp        | f32/f64/f16/f16x2/bf16/bf16x2 | FLOAT_CMP BOOL ?ftz                 | p| s s q
        selp        | BITS/INT/f32/f64/f16/bf16   |                                       | d s s q
        slct        | BITS/INT/f32/f64.s32        |                                       | d s s s=4
        slct        | BITS/INT/f32/f64.f32        | ?ftz                                  | d s s s=4
        mov         | pred                        |                                       | p q
        mov         | BITS/INT/f32/f64/f16/bf16/f16x2/bf16x2 |                       | mov mov
        cvt         | INT8.INT8                   | ?sat                                  | D S1
        cvt         | INT8.FLOAT                  | INT_RND ?ftz ?sat                     | D S1
        cvt         | FLOAT.INT8                  | RND ?ftz ?sat                         | D S1
        cvt         | f16.f16 bf16.bf16 f32.f32 f64.f64 | ?INT_RND ?ftz ?sat              | D S1
        cvt         | f32.f16/bf16 f64.f16/bf16/f32     | ?ftz ?sat                       | D S1
        cvt         | f32.f64                     | RND ?ftz ?sat                         | D S1
        cvt         | f16.f32/f64 bf16.f32/f64 f16.bf16 bf16.f16 | RND ?ftz ?sat ?relu ?satfinite | D S1
        cvt         | tf32.f32                    | RNA ?relu ?satfinite                  | D S1
        cvt         | f16x2/bf16x2.f32            | rn/rz ?relu ?satfinite                | D S1 S1
        cvt         | e4m3x2/e5m2x2.f32           | rn satfinite ?relu                    | d S1 S1
        cvt         | e4m3x2/e5m2x2.f16x2         | rn satfinite ?relu                    | d s1
        cvt         | f16x2.e4m3x2/e5m2x2         | rn ?relu                              | d s1
        cvta        | u32/u64                     | ?to SPACE                             | d a
        isspacep    |                             | SPACE                                 | p s=address
        ld          | MEMORY                      | ?LOAD_ORDER ?SCOPE ?SPACE ?nc ?LOAD_CACHE ?v2/v4 hints | v m k?
        ldu         | MEMORY                      | ?global ?v2/v4                        | v m
        st          | MEMORY                      | ?STORE_ORDER ?SCOPE ?SPACE ?STORE_CACHE ?v2/v4 hints   | m x k?
        atom        | b32/b64                     | ?ATOM_ORDER ?SCOPE ?DATA_SPACE and/or/xor hints        | d m s k?
        atom        | b16/b32/b64                 | ?ATOM_ORDER ?SCOPE ?DATA_SPACE exch hints              | d m s k?
        atom        | b16/b32/b64                 | ?ATOM_ORDER ?SCOPE ?DATA_SPACE cas hints               | d m s s k?
        atom        | u32/s32/u64/s64/f32/f64     | ?ATOM_ORDER ?SCOPE ?DATA_SPACE add hints               | d m s k?
        atom        | f16/f16x2/bf16/bf16x2       | ?ATOM_ORDER ?SCOPE ?DATA_SPACE add noftz hints         | d m s k?
        atom        | u32                         | ?ATOM_ORDER ?SCOPE ?DATA_SPACE inc/dec hints           | d m s k?
        atom        | u32/s32/u64/s64             | ?ATOM_ORDER ?SCOPE ?DATA_SPACE min/max hints           | d m s k?
        red         | b32/b64                     | ?ATOM_ORDER ?SCOPE ?DATA_SPACE and/or/xor hints        | m s k?
        red         | u32/s32/u64/s64/f32/f64     | ?ATOM_ORDER ?SCOPE ?DATA_SPACE add hints               | m s k?
        red         | f16/f16x2/bf16/bf16x2       | ?ATOM_ORDER ?SCOPE ?DATA_SPACE add noftz hints         | m s k?
        red         | u32                         | ?ATOM_ORDER ?SCOPE ?DATA_SPACE inc/dec hints           | m s k?
        red         | u32/s32/u64/s64             | ?ATOM_ORDER ?SCOPE ?DATA_SPACE min/max hints           | m s k?
        prefetch    |                             | ?global/local hints                   | m k?
        discard     |                             | ?global hints                         | m i
        applypriority |                           | ?global hints                         | m i
        createpolicy | b64                        | fractional hints                      | d i?
        createpolicy | b64                        | range ?global hints                   | d m s=4 s=4
        createpolicy | b64                        | cvt hints                             | d s
        alloca      | u32/u64                     |                                       | d s i?
        stacksave   | u32/u64                     |                                       | d
        stackrestore | u32/u64                    |                                       | s
        membar      |                             | BAR_SCOPE                             |
        fence       |                             | ?sc/acq_rel/acquire/release SCOPE     |
        fence       |                             | proxy alias/async ?DATA_SPACE         |
        bar.sync    |                             | ?aligned                              | s=4 s=4?
        bar.arrive  |                             | ?aligned                              | s=4 s=4
        bar.red     | u32                         | ?aligned popc                         | d s=4 s=4? q
        bar.red     | pred                        | ?aligned and/or                       | p s=4 s=4? q
        bar.warp.sync |                           |                                       | s=4
        cp.async    |                             | ca/cg TO_SHARED FROM_GLOBAL hints     | m m i qs=4? k?
        cp.async.commit_group |                   |                                       |
        cp.async.wait_group   |                   |                                       | i
        cp.async.wait_all     |                   |                                       |
        shfl        | b32                         | sync up/down/bfly/idx                 | d| s s s s
        vote        | pred                        | sync VOTE                             | p q s=4
        vote        | b32                         | sync ballot                           | d q s=4
        match       | b32/b64                     | sync any                              | d=4 s s=4
        match       | b32/b64                     | sync all                              | d=4| s s=4
        activemask  | b32                         |                                       | d
        redux       | u32/s32                     | sync add/min/max                      | d s s
        redux       | b32                         | sync and/or/xor                       | d s s
        elect       |                             | sync                                  | d=4| s=4
        bra         |                             | ?uni                                  | l
        brx.idx     |                             | ?uni                                  | s=4 l
        call        |                             | ?uni                                  |
        ret         |                             | ?uni                                  |
        exit        |                             |                                       |
        trap        |                             |                                       |
        brkpt       |                             |                                       |
        nanosleep   | u32                         |                                       | s
        pmevent     |                             |                                       | i
        griddepcontrol |                          | launch_dependents/wait                |
        setmaxnreg  | u32                         | inc/dec sync aligned                  | i
        ldmatrix    | b16                         | sync aligned m8n8 x1/x2/x4 ?trans ?TO_SHARED | fx m
        stmatrix    | b16                         | sync aligned m8n8 x1/x2/x4 ?trans ?TO_SHARED | m fx
        movmatrix   | b16                         | sync aligned m8n8 trans               | d=4 s=4
        mma         | f16/f32.f16.f16.f16/f32     | sync aligned m16n8k8/m16n8k16 ROW COL | fd fa fb fc
        mma         | f32.bf16.bf16.f32           | sync aligned m16n8k8/m16n8k16 ROW COL | fd fa fb fc
        mma         | f32.tf32.tf32.f32           | sync aligned m16n8k4/m16n8k8 ROW COL  | fd fa fb fc
        mma         | f64.f64.f64.f64             | sync aligned m8n8k4/m16n8k4/m16n8k8/m16n8k16 ROW COL ?RND | fd fa fb fc
        mma         | s32.u8/s8.u8/s8.s32         | sync aligned m8n8k16/m16n8k16/m16n8k32 ROW COL ?satfinite | fd fa fb fc
        mma         | s32.u4/s4.u4/s4.s32         | sync aligned m8n8k32/m16n8k32/m16n8k64 ROW COL ?satfinite | fd fa fb fc
        mma         | s32.b1.b1.s32               | sync aligned m8n8k128/m16n8k128/m16n8k256 ROW COL and/xor POPC | fd fa fb fc
        mma         | f32.e4m3/e5m2.e4m3/e5m2.f32 | sync aligned m16n8k32 ROW COL         | fd fa fb fc
        wmma.load.a | f16/bf16/u8/s8              | sync aligned LAYOUT_A m16n16k16/m32n8k16/m8n32k16 ?DATA_SPACE | fa m s=4?
        wmma.load.b | f16/bf16/u8/s8              | sync aligned LAYOUT_A m16n16k16/m32n8k16/m8n32k16 ?DATA_SPACE | fb m s=4?
        wmma.load.a | tf32                        | sync aligned LAYOUT_A m16n16k8 ?DATA_SPACE | fa m s=4?
        wmma.load.b | tf32                        | sync aligned LAYOUT_A m16n16k8 ?DATA_SPACE | fb m s=4?
        wmma.load.a | f64                         | sync aligned LAYOUT_A m8n8k4 ?DATA_SPACE   | fa m s=4?
        wmma.load.b | f64                         | sync aligned LAYOUT_A m8n8k4 ?DATA_SPACE   | fb m s=4?
        wmma.load.c | f16/f32/s32                 | sync aligned LAYOUT_A m16n16k16/m32n8k16/m8n32k16 ?DATA_SPACE | fc m s=4?
        wmma.load.c | f32                         | sync aligned LAYOUT_A m16n16k8 ?DATA_SPACE | fc m s=4?
        wmma.load.c | f64                         | sync aligned LAYOUT_A m8n8k4 ?DATA_SPACE   | fc m s=4?
        wmma.store.d | f16/f32/s32                | sync aligned LAYOUT_A m16n16k16/m32n8k16/m8n32k16 ?DATA_SPACE | m fd s=4?
        wmma.store.d | f32                        | sync aligned LAYOUT_A m16n16k8 ?DATA_SPACE | m fd s=4?
        wmma.store.d | f64                        | sync aligned LAYOUT_A m8n8k4 ?DATA_SPACE   | m fd s=4?
        wmma.mma    | f16/f32.f16/f32             | sync aligned LAYOUT_A LAYOUT_B m16n16k16/m32n8k16/m8n32k16 ?satfinite | fd fa fb fc
        wmma.mma    | f32.bf16.bf16.f32           | sync aligned LAYOUT_A LAYOUT_B m16n16k16/m32n8k16/m8n32k16 | fd fa fb fc
        wmma.mma    | s32.u8.u8.s32 s32.s8.s8.s32 | sync aligned LAYOUT_A LAYOUT_B m16n16k16/m32n8k16/m8n32k16 ?satfinite | fd fa fb fc
        wmma.mma    | f32.tf32.tf32.f32           | sync aligned LAYOUT_A LAYOUT_B m16n16k8    | fd fa fb fc
        wmma.mma    | f64.f64.f64.f64             | sync aligned LAYOUT_A LAYOUT_B m8n8k4 ?RND | fd fa fb fc
        """;

    private static readonly Dictionary<string, List<PtxInstructionForm>> Forms = Read();

    /// <summary>Alternative spellings of rows of the table.</summary>
    private static readonly (string From, string To)[] Spellings =
        [("barrier.cta.", "bar."), ("bar.cta.", "bar."), ("barrier.", "bar."), ("prefetchu.", "prefetch.")];

    /// <summary>All mnemonics, and the forms of each.</summary>
    public static IReadOnlyDictionary<string, List<PtxInstructionForm>> All => Forms;

    /// <summary>Finds the form and the modifiers of an opcode, given with all words after its dots.</summary>
    /// <exception cref="PtxException">There is no such opcode, or it does not accept these words.</exception>
    public static (PtxInstructionForm Form, PtxModifiers Modifiers) Find(string text, int line)
    {
        string spelled = text;
        foreach ((string from, string to) in Spellings)
        {
            if (spelled.StartsWith(from, StringComparison.Ordinal))
            {
                spelled = to + spelled[from.Length..];
                break;
            }
        }

        string[] words = spelled.Split('.');
        if (!TryMnemonic(words, out int length, out List<PtxInstructionForm>? forms))
            throw new PtxException(line, $"unknown opcode '{Shorten(text)}'");
        foreach (PtxInstructionForm form in forms)
        {
            if (form.Match(words.AsSpan(length)) is { } modifiers)
            {
                // bar.sync is barrier.sync.aligned: all threads of a warp arrive together.
                if (words[0] == "bar" && words[1] != "warp" && !text.StartsWith("barrier", StringComparison.Ordinal))
                    modifiers.Flags |= PtxQualifiers.Aligned;
                return (form, modifiers);
            }
        }

        throw new PtxException(
            line,
            $"unknown opcode '{Shorten(text)}', supported forms of {string.Join('.', words[..length])}: "
            + $"{string.Join(", ", forms.Take(8))}{(forms.Count > 8 ? ", …" : "")}");
    }

    private static bool TryMnemonic(string[] words, out int length, [NotNullWhen(true)] out List<PtxInstructionForm>? forms)
    {
        for (length = Math.Min(3, words.Length); length > 0; length--)
        {
            if (Forms.TryGetValue(string.Join('.', words[..length]), out forms))
                return true;
        }

        forms = null;
        return false;
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : $"{text[..57]}...";

    private static Dictionary<string, List<PtxInstructionForm>> Read()
    {
        Dictionary<string, List<PtxInstructionForm>> forms = [];
        foreach (string row in Rows.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // The last column may contain a bar of its own: p| is a predicate with an optional second one.
            string[] columns = row.Split('|', 4, StringSplitOptions.TrimEntries);
            PtxOpcode opcode = Enum.Parse<PtxOpcode>(
                columns[0].Replace(".", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
            if (!forms.TryGetValue(columns[0], out List<PtxInstructionForm>? known))
                forms[columns[0]] = known = [];
            known.Add(new PtxInstructionForm(columns[0], opcode, columns[1], columns[2], columns[3]));
        }

        return forms;
    }
}
