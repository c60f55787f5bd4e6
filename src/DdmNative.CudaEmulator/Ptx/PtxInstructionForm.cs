namespace DdmNative.CudaEmulator.Ptx;

/// <summary>One row of <see cref="PtxInstructionTable"/>: an opcode with its valid combinations of modifiers, types and operands.</summary>
internal sealed class PtxInstructionForm
{
    private readonly (Dictionary<string, Action<PtxModifiers>> Words, bool Required)[] _groups;
    private readonly uint[][] _typeSequences;
    private readonly bool _takesHints;
    private readonly string _written;

    /// <param name="mnemonic">The opcode up to its modifiers.</param>
    /// <param name="opcode">The opcode in the model.</param>
    /// <param name="types">
    /// Sequences of types, separated by blanks; within one, positions are separated by dots and alternatives by slashes: <c>u32/s32.f32
    /// f64.f64</c>.
    /// </param>
    /// <param name="modifiers">
    /// Groups of words (see <see cref="PtxModifierWords"/>), with <c>?</c> before optional ones; <c>hints</c> for cache hints.
    /// </param>
    /// <param name="operands">See <see cref="PtxOperandSlot"/>.</param>
    public PtxInstructionForm(string mnemonic, PtxOpcode opcode, string types, string modifiers, string operands)
    {
        Opcode = opcode;
        string[] words = modifiers.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _takesHints = words.Contains("hints");
        _groups = [.. words.Where(word => word != "hints").Select(word => (PtxModifierWords.Group(word.TrimStart('?')), word[0] != '?'))];
        _typeSequences = [.. types.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(sequence => sequence.Split('.').Select(PtxTypeNames.Mask).ToArray())];
        Slots = [.. operands.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(PtxOperandSlot.Parse)];
        string writtenWords = string.Concat(words.Select(word => word[0] == '?' ? $"{{.{word[1..]}}}" : $".{word}"));
        _written = $"{mnemonic}{writtenWords}{(types.Length > 0 ? $".{types}" : "")}";
    }

    public PtxOpcode Opcode { get; }

    public IReadOnlyList<PtxOperandSlot> Slots { get; }

    /// <summary>The meaning of the words in this form, or null if they do not belong to it.</summary>
    public PtxModifiers? Match(ReadOnlySpan<string> words)
    {
        PtxModifiers modifiers = new();
        List<PtxType> types = [];
        ulong used = 0;
        foreach (string word in words)
        {
            if (PtxTypeNames.TryFind(word, out PtxType type))
            {
                types.Add(type);
                continue;
            }

            if (_takesHints && PtxModifierWords.TakeHint(word, modifiers))
                continue;
            int group = 0;
            while (group < _groups.Length && ((used >> group & 1) != 0 || !_groups[group].Words.ContainsKey(word)))
                group++;
            if (group == _groups.Length)
                return null;
            used |= 1UL << group;
            _groups[group].Words[word](modifiers);
        }

        for (int group = 0; group < _groups.Length; group++)
        {
            if (_groups[group].Required && (used >> group & 1) == 0)
                return null;
        }

        if (!(_typeSequences.Length == 0 ? types.Count == 0 : _typeSequences.Any(sequence => Fits(sequence, types))))
            return null;
        modifiers.Types = types;
        return modifiers;
    }

    /// <summary>
    /// The spellings of this form after its mnemonic, each as a list of words and types: all combinations of its groups and types, or, if
    /// these are more than <paramref name="most"/>, one choice varied at a time.
    /// </summary>
    public IEnumerable<string> Spellings(int most)
    {
        List<string[]> choices = [.. _groups.Select(group => (string[])[.. group.Required ? [] : (string[])[""], .. group.Words.Keys])];
        string[] typesWritten = _typeSequences.Length == 0 ? [""] : [.. _typeSequences.SelectMany(Sequences).Distinct()];
        choices.Add(typesWritten);
        if (choices.Aggregate(1L, (product, some) => Math.Min(product * some.Length, int.MaxValue)) <= most)
            return choices.Aggregate((IEnumerable<string>)[""], (start, some) => start.SelectMany(_ => some, Join)).Distinct();
        return choices.SelectMany(
            (some, varied) => some.Select(one => choices.Select((other, i) => i == varied ? one : other[0]).Aggregate("", Join)))
            .Distinct();
    }

    private static string Join(string start, string word) => word.Length == 0 ? start : $"{start}.{word}";

    private static IEnumerable<string> Sequences(uint[] sequence) =>
        sequence.Aggregate((IEnumerable<string>)[""], (start, mask) =>
            start.SelectMany(_ => PtxTypeNames.List(mask), Join)).Select(types => types[1..]);

    public override string ToString() => _written;

    private static bool Fits(uint[] sequence, List<PtxType> types)
    {
        if (sequence.Length != types.Count)
            return false;
        for (int i = 0; i < sequence.Length; i++)
        {
            if ((sequence[i] >> (int)types[i] & 1) == 0)
                return false;
        }

        return true;
    }
}
