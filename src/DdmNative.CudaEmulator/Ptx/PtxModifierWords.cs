namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// The meaning of the words after an opcode's dots. Some have different meanings after different opcodes (<c>.hi</c>, <c>.uni</c>,
/// <c>.cta</c>), so words are in groups; an instruction's form names the groups that it accepts, each used at most once.
/// </summary>
internal static class PtxModifierWords
{
    private static readonly Dictionary<string, Action<PtxModifiers>> SingleWords = new()
    {
        ["ftz"] = Flag(PtxQualifiers.Ftz), ["sat"] = Flag(PtxQualifiers.Sat), ["approx"] = Flag(PtxQualifiers.Approx),
        ["full"] = Flag(PtxQualifiers.Full),
        ["hi"] = Flag(PtxQualifiers.Hi), ["lo"] = Flag(PtxQualifiers.Lo), ["wide"] = Flag(PtxQualifiers.Wide),
        ["cc"] = Flag(PtxQualifiers.CarryOut),
        ["uni"] = Flag(PtxQualifiers.Uni), ["aligned"] = Flag(PtxQualifiers.Aligned), ["sync"] = Flag(PtxQualifiers.Sync),
        ["NaN"] = Flag(PtxQualifiers.NaN),
        ["relu"] = Flag(PtxQualifiers.Relu), ["xorsign"] = Flag(PtxQualifiers.XorSign), ["abs"] = Flag(PtxQualifiers.Absolute),
        ["trans"] = Flag(PtxQualifiers.Trans),
        ["nc"] = Flag(PtxQualifiers.NonCoherent), ["to"] = Flag(PtxQualifiers.To), ["shiftamt"] = Flag(PtxQualifiers.ShiftAmount),
        ["wrap"] = Flag(PtxQualifiers.Wrap),
        ["clamp"] = Flag(PtxQualifiers.Clamp), ["noftz"] = Flag(PtxQualifiers.NoFtz), ["satfinite"] = Flag(PtxQualifiers.Satfinite),
        ["rn"] = Rounding(PtxRounding.Rn), ["rz"] = Rounding(PtxRounding.Rz), ["rm"] = Rounding(PtxRounding.Rm),
        ["rp"] = Rounding(PtxRounding.Rp), ["rna"] = Rounding(PtxRounding.Rna),
        ["rni"] = Rounding(PtxRounding.Rni), ["rzi"] = Rounding(PtxRounding.Rzi), ["rmi"] = Rounding(PtxRounding.Rmi),
        ["rpi"] = Rounding(PtxRounding.Rpi),
        ["and"] = Operation(PtxOperation.And), ["or"] = Operation(PtxOperation.Or), ["xor"] = Operation(PtxOperation.Xor),
        ["cas"] = Operation(PtxOperation.Cas),
        ["exch"] = Operation(PtxOperation.Exch), ["add"] = Operation(PtxOperation.Add), ["inc"] = Operation(PtxOperation.Inc),
        ["dec"] = Operation(PtxOperation.Dec),
        ["min"] = Operation(PtxOperation.Min), ["max"] = Operation(PtxOperation.Max), ["popc"] = Operation(PtxOperation.Popc),
        ["up"] = Mode(PtxMode.Up), ["down"] = Mode(PtxMode.Down), ["bfly"] = Mode(PtxMode.Bfly), ["idx"] = Mode(PtxMode.Idx),
        ["all"] = Mode(PtxMode.All), ["any"] = Mode(PtxMode.Any), ["ballot"] = Mode(PtxMode.Ballot), ["l"] = Mode(PtxMode.Left),
        ["r"] = Mode(PtxMode.Right),
        ["f4e"] = Mode(PtxMode.F4e), ["b4e"] = Mode(PtxMode.B4e), ["rc8"] = Mode(PtxMode.Rc8), ["ecl"] = Mode(PtxMode.Ecl),
        ["ecr"] = Mode(PtxMode.Ecr), ["rc16"] = Mode(PtxMode.Rc16),
        ["finite"] = Mode(PtxMode.Finite), ["infinite"] = Mode(PtxMode.Infinite), ["number"] = Mode(PtxMode.Number),
        ["notanumber"] = Mode(PtxMode.NotANumber),
        ["normal"] = Mode(PtxMode.Normal), ["subnormal"] = Mode(PtxMode.Subnormal),
        ["generic"] = Space(PtxSpace.Generic), ["global"] = Space(PtxSpace.Global), ["shared"] = Space(PtxSpace.Shared),
        ["shared::cta"] = Space(PtxSpace.Shared),
        ["local"] = Space(PtxSpace.Local), ["const"] = Space(PtxSpace.Const), ["param"] = Space(PtxSpace.Param),
        ["param::entry"] = Space(PtxSpace.Param),
        ["param::func"] = Space(PtxSpace.Param),
        ["weak"] = Order(PtxMemoryOrder.Weak), ["volatile"] = Order(PtxMemoryOrder.Volatile), ["relaxed"] = Order(PtxMemoryOrder.Relaxed),
        ["acquire"] = Order(PtxMemoryOrder.Acquire),
        ["release"] = Order(PtxMemoryOrder.Release), ["acq_rel"] = Order(PtxMemoryOrder.AcquireRelease),
        ["sc"] = Order(PtxMemoryOrder.SequentiallyConsistent),
        ["mmio"] = Order(PtxMemoryOrder.Mmio),
        ["cta"] = Scope(PtxScope.Cta), ["cluster"] = Scope(PtxScope.Cluster), ["gpu"] = Scope(PtxScope.Gpu), ["gl"] = Scope(PtxScope.Gpu),
        ["sys"] = Scope(PtxScope.Sys),
        ["ca"] = Cache(PtxCacheOperator.Ca), ["cg"] = Cache(PtxCacheOperator.Cg), ["cs"] = Cache(PtxCacheOperator.Cs),
        ["lu"] = Cache(PtxCacheOperator.Lu),
        ["cv"] = Cache(PtxCacheOperator.Cv), ["wb"] = Cache(PtxCacheOperator.Wb), ["wt"] = Cache(PtxCacheOperator.Wt),
        ["v2"] = m => m.Vector = 2, ["v4"] = m => m.Vector = 4, ["x1"] = m => m.Vector = 1, ["x2"] = m => m.Vector = 2,
        ["x4"] = m => m.Vector = 4,
        ["proxy"] = _ => { }, ["alias"] = _ => { }, ["async"] = _ => { }, ["fractional"] = _ => { }, ["range"] = _ => { },
        ["cvt"] = _ => { }, ["launch_dependents"] = _ => { }, ["wait"] = _ => { }, ["m8n8"] = m => m.Shape = (8, 8, 0),
        ["row"] = m => m.LayoutA = PtxLayout.Row,
    };

    private static readonly Dictionary<string, Dictionary<string, Action<PtxModifiers>>> Groups = new()
    {
        ["RND"] = Pick("rn", "rz", "rm", "rp"), ["INT_RND"] = Pick("rni", "rzi", "rmi", "rpi"), ["RNA"] = Pick("rna", "rn", "rz"),
        ["BOOL"] = Pick("and", "or", "xor"),
        ["SPACE"] = Pick("global", "shared", "shared::cta", "local", "const", "param", "param::entry", "param::func"),
        ["DATA_SPACE"] = Pick("global", "shared", "shared::cta"), ["TO_SHARED"] = Pick("shared", "shared::cta"),
        ["FROM_GLOBAL"] = new() { ["global"] = m => m.SourceSpace = PtxSpace.Global },
        ["LOAD_ORDER"] = Pick("weak", "volatile", "relaxed", "acquire", "mmio"),
        ["STORE_ORDER"] = Pick("weak", "volatile", "relaxed", "release", "mmio"),
        ["ATOM_ORDER"] = Pick("relaxed", "acquire", "release", "acq_rel"), ["SCOPE"] = Pick("cta", "cluster", "gpu", "sys"),
        ["BAR_SCOPE"] = Pick("cta", "gl", "sys"),
        ["LOAD_CACHE"] = Pick("ca", "cg", "cs", "lu", "cv"), ["STORE_CACHE"] = Pick("wb", "cg", "cs", "wt"),
        ["POPC"] = new() { ["popc"] = _ => { } }, ["CMP"] = Compare(false), ["FLOAT_CMP"] = Compare(true),
        ["VOTE"] = new() { ["all"] = Mode(PtxMode.All), ["any"] = Mode(PtxMode.Any), ["uni"] = Mode(PtxMode.Uni) },
        ["ROW"] = new() { ["row"] = m => m.LayoutA = PtxLayout.Row }, ["COL"] = new() { ["col"] = m => m.LayoutB = PtxLayout.Col },
        ["LAYOUT_A"] = new() { ["row"] = m => m.LayoutA = PtxLayout.Row, ["col"] = m => m.LayoutA = PtxLayout.Col },
        ["LAYOUT_B"] = new() { ["row"] = m => m.LayoutB = PtxLayout.Row, ["col"] = m => m.LayoutB = PtxLayout.Col },
    };

    /// <summary>Hints on caching; they do not change a result.</summary>
    private static readonly HashSet<string> Hints =
    [
        "L1", "L2", "L1::evict_normal", "L1::evict_unchanged", "L1::evict_first", "L1::evict_last", "L1::no_allocate", "L2::evict_normal",
        "L2::evict_first", "L2::evict_last",
        "L2::cache_hint", "L2::64B", "L2::128B", "L2::256B",
    ];

    /// <summary>The words of a group by its name in capitals, or of a list such as <c>up/down</c> or <c>m16n8k8/m16n8k16</c>.</summary>
    public static Dictionary<string, Action<PtxModifiers>> Group(string name) => Groups.GetValueOrDefault(name) ?? Pick(name.Split('/'));

    /// <summary>Whether the word is a hint on caching; records whether an eviction policy follows as an operand.</summary>
    public static bool TakeHint(string word, PtxModifiers modifiers)
    {
        if (word == "L2::cache_hint")
            modifiers.Flags |= PtxQualifiers.CacheHint;
        return Hints.Contains(word);
    }

    private static Dictionary<string, Action<PtxModifiers>> Pick(params string[] words) =>
        words.ToDictionary(word => word, word => SingleWords.GetValueOrDefault(word) ?? ShapeSetter(word));

    /// <summary><c>m16n8k8</c></summary>
    private static Action<PtxModifiers> ShapeSetter(string word)
    {
        int n = word.IndexOf('n', StringComparison.Ordinal), k = word.IndexOf('k', StringComparison.Ordinal);
        (int, int, int) shape = (int.Parse(word.AsSpan(1, n - 1)), int.Parse(word.AsSpan(n + 1, k - n - 1)), int.Parse(word.AsSpan(k + 1)));
        return modifiers => modifiers.Shape = shape;
    }

    private static Dictionary<string, Action<PtxModifiers>> Compare(bool unordered) => Enum.GetValues<PtxComparison>()
        .Where(comparison => comparison is not PtxComparison.None
            && (comparison >= PtxComparison.Equ == unordered || comparison <= PtxComparison.Ge))
        .ToDictionary(comparison => comparison.ToString().ToLowerInvariant(),
            comparison => (Action<PtxModifiers>)(modifiers => modifiers.Comparison = comparison));

    private static Action<PtxModifiers> Flag(PtxQualifiers flag) => modifiers => modifiers.Flags |= flag;
    private static Action<PtxModifiers> Rounding(PtxRounding rounding) => modifiers => modifiers.Rounding = rounding;
    private static Action<PtxModifiers> Operation(PtxOperation operation) => modifiers => modifiers.Operation = operation;
    private static Action<PtxModifiers> Mode(PtxMode mode) => modifiers => modifiers.Mode = mode;
    private static Action<PtxModifiers> Space(PtxSpace space) => modifiers => modifiers.Space = space;
    private static Action<PtxModifiers> Order(PtxMemoryOrder order) => modifiers => modifiers.Order = order;
    private static Action<PtxModifiers> Scope(PtxScope scope) => modifiers => modifiers.Scope = scope;
    private static Action<PtxModifiers> Cache(PtxCacheOperator cache) => modifiers => modifiers.Cache = cache;
}
