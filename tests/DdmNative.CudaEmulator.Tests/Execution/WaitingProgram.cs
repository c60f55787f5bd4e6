using System.Text;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// A random program in which threads wait for one another: they take turns in a random order, take locks, wait in functions and in
/// branches, and in between exchange values over the whole warp or block. Each thread keeps one value. Each step has its own words in
/// memory, so no thread waits in a step for a later one; therefore the program terminates, and its values are known.
/// </summary>
internal sealed class WaitingProgram
{
    /// <summary>
    /// Words of each step at the start of the results: whose turn it is, the gathered sum, and both for a second group of threads.
    /// </summary>
    private const int StepWords = 4;

    private readonly Random _random;
    private readonly List<Step> _steps = [];
    private readonly int _threads, _blocks;

    private enum Kind { Turns, TurnsOfHalves, Lock, WarpExchange, WarpVote, BlockExchange, Arithmetic }

    /// <param name="Kind">What the threads do.</param>
    /// <param name="Form">Which of several equivalent codings is used.</param>
    /// <param name="Amount">The distance to the neighbour, or a summand.</param>
    /// <param name="Ranks">For each thread of the grid, the number of its turn. With halves, each half has separate turns.</param>
    private sealed record Step(Kind Kind, int Form, int Amount, uint[] Ranks);

    /// <param name="seed">Seed of the random numbers.</param>
    /// <param name="blocks">Blocks of the grid.</param>
    /// <param name="threads">Threads of a block, a multiple of 32.</param>
    public WaitingProgram(int seed, int blocks, int threads)
    {
        (_random, this._blocks, this._threads) = (new Random(seed), blocks, threads);
        int count = 2 + _random.Next(4);
        for (int i = 0; i < count; i++)
        {
            Kind kind = (Kind)_random.Next(7);
            uint[] ranks = new uint[blocks * threads];
            int groups = kind == Kind.TurnsOfHalves ? 2 : 1;
            foreach (IGrouping<int, int> group in Enumerable.Range(0, ranks.Length).GroupBy(thread => thread % groups))
                Shuffle(ranks, [.. group]);
            _steps.Add(new(kind, _random.Next(4), _random.Next(1, 32), ranks));
        }
    }

    /// <summary>Words before the results of the threads.</summary>
    public int Words => _steps.Count * StepWords;

    /// <summary>The contents of the kernel's second buffer: the ranks of all threads, step by step.</summary>
    public uint[] Sources => [.. _steps.SelectMany(step => step.Ranks)];

    /// <summary>A function that waits until a word has the given value.</summary>
    public const string Module = """
        .func await(.param .b64 await_word, .param .b32 await_value)
        {
            .reg .pred %p<2>;
            .reg .b32 %r<3>;
            .reg .b64 %rd<2>;
            ld.param.u64 %rd0, [await_word];
            ld.param.u32 %r0, [await_value];
            AGAIN:
            ld.acquire.gpu.global.u32 %r1, [%rd0];
            setp.ne.u32 %p0, %r1, %r0;
            @%p0 bra AGAIN;
            ret;
        }
        """;

    /// <summary>The body of a <see cref="LaneKernel"/>.</summary>
    public string Body()
    {
        StringBuilder text = new();
        text.AppendLine("mad.lo.u32 %r10, %r2, 2654435761, 7;").AppendLine("mov.u32 %r40, %ntid.x;");
        for (int i = 0; i < _steps.Count; i++)
        {
            Step step = _steps[i];
            text.AppendLine($"add.s64 %rd10, %rd0, {4 * StepWords * i}; ld.global.u32 %r11, [%rd3+{4 * _blocks * _threads * i}];");
            text.AppendLine(step.Kind switch
            {
                Kind.Turns => Turn(i, "A", step.Form, 0),
                Kind.TurnsOfHalves => $"""
                    and.b32 %r12, %r2, 1;
                    setp.ne.u32 %p1, %r12, 0;
                    @%p1 bra ODD{i};
                    {Turn(i, "A", step.Form, 0)}
                    bra MET{i};
                    ODD{i}:
                    {Turn(i, "B", (step.Form + 1) % 4, 8)}
                    MET{i}:
                    """,
                Kind.Lock => Locked(i, step.Form),
                Kind.WarpExchange => $"shfl.sync.idx.b32 %r13, %r10, {step.Amount}, 31, -1; add.u32 %r10, %r10, %r13;",
                Kind.WarpVote => $"""
                    and.b32 %r12, %r10, {step.Amount}; setp.ne.u32 %p1, %r12, 0; bar.warp.sync -1;
                    vote.sync.ballot.b32 %r13, %p1, -1; xor.b32 %r10, %r10, %r13;
                    """,
                Kind.BlockExchange => $"""
                    shl.b32 %r12, %r0, 2; add.u32 %r12, %r12, %r3; st.shared.u32 [%r12], %r10; bar.sync 0;
                    add.u32 %r12, %r0, {step.Amount}; rem.u32 %r12, %r12, %r40; mad.lo.u32 %r12, %r12, 4, %r3;
                    ld.shared.u32 %r13, [%r12]; bar.sync 0;
                    mad.lo.u32 %r10, %r10, 3, %r13;
                    """,
                _ => $"""
                    and.b32 %r12, %r10, 4; setp.ne.u32 %p1, %r12, 0; @%p1 bra SKIP{i};
                    mad.lo.u32 %r10, %r10, 5, {step.Amount};
                    SKIP{i}:
                    """,
            });
        }

        return text.AppendLine($"st.global.u32 [%rd2+{4 * Words}], %r10;").ToString();
    }

    /// <summary>The expected results.</summary>
    public uint[] Evaluate()
    {
        uint[] values = [.. Enumerable.Range(0, _blocks * _threads).Select(thread => (uint)thread * 2654435761 + 7)],
            words = new uint[Words];
        for (int i = 0; i < _steps.Count; i++)
        {
            Step step = _steps[i];
            uint[] before = [.. values];
            Span<uint> own = words.AsSpan(StepWords * i, StepWords);
            foreach (int thread in Enumerable.Range(0, values.Length).OrderBy(thread => step.Ranks[thread]))
            {
                int block = thread / _threads * _threads, warp = thread / 32 * 32;
                int group = step.Kind == Kind.TurnsOfHalves ? thread % 2 * 2 : 0;
                uint Voted(int lane) => (before[warp + lane] & (uint)step.Amount) != 0 ? 1u << lane : 0;
                switch (step.Kind)
                {
                    case Kind.Turns or Kind.TurnsOfHalves:
                        own[group]++;
                        values[thread] = own[group + 1] = own[group + 1] * 31 + before[thread];
                        break;
                    case Kind.Lock:
                        own[1] += before[thread];
                        break;
                    case Kind.WarpExchange:
                        values[thread] += before[warp + step.Amount];
                        break;
                    case Kind.WarpVote:
                        values[thread] ^= Enumerable.Range(0, 32).Aggregate(0u, (votes, lane) => votes | Voted(lane));
                        break;
                    case Kind.BlockExchange:
                        values[thread] = values[thread] * 3 + before[block + (thread - block + step.Amount) % _threads];
                        break;
                    default:
                        values[thread] = (values[thread] & 4) != 0 ? values[thread] : values[thread] * 5 + (uint)step.Amount;
                        break;
                }
            }
        }

        return [.. words, .. values];
    }

    /// <summary>
    /// Waits for the thread's turn, by polling, by polling with a count, by an atomic operation, or in a function; then adds to the
    /// gathered sum.
    /// </summary>
    private static string Turn(int step, string group, int form, int offset)
    {
        string label = $"W{group}{step}", wait = form switch
        {
            0 => $"{label}: ld.volatile.global.u32 %r14, [%rd10+{offset}]; setp.ne.u32 %p2, %r14, %r11; @%p2 bra {label};",
            1 => $"""
                mov.u32 %r15, 0;
                {label}: add.u32 %r15, %r15, 1;
                ld.relaxed.gpu.global.u32 %r14, [%rd10+{offset}]; setp.ne.u32 %p2, %r14, %r11; @%p2 bra {label};
                """,
            2 => $"""
                {label}: atom.global.add.u32 %r14, [%rd10+{offset}], 0; setp.eq.u32 %p2, %r14, %r11; @%p2 bra END{label};
                nanosleep.u32 20; bra {label};
                END{label}:
                """,
            _ => $$"""
                { .param .b64 word; .param .b32 value; add.s64 %rd11, %rd10, {{offset}};
                st.param.b64 [word], %rd11; st.param.b32 [value], %r11; call.uni await, (word, value); }
                """,
        };
        return $"""
            {wait}
            ld.volatile.global.u32 %r14, [%rd10+{offset + 4}];
            mad.lo.u32 %r10, %r14, 31, %r10;
            st.volatile.global.u32 [%rd10+{offset + 4}], %r10;
            membar.gl;
            add.u32 %r14, %r11, 1;
            st.volatile.global.u32 [%rd10+{offset}], %r14;
            """;
    }

    /// <summary>Adds the value under a lock, which it takes by spinning or by trying again.</summary>
    private static string Locked(int step, int form)
    {
        const string add = """
            ld.volatile.global.u32 %r14, [%rd10+4]; add.u32 %r14, %r14, %r10; st.volatile.global.u32 [%rd10+4], %r14;
            membar.gl; atom.global.exch.b32 %r14, [%rd10], 0;
            """;
        return form % 2 == 0
            ? $"L{step}: atom.global.cas.b32 %r14, [%rd10], 0, 1; setp.ne.u32 %p2, %r14, 0; @%p2 bra L{step}; {add}"
            : $"""
                mov.u32 %r15, 0;
                L{step}: atom.global.cas.b32 %r14, [%rd10], 0, 1; setp.ne.u32 %p2, %r14, 0; @%p2 bra N{step};
                {add}
                mov.u32 %r15, 1;
                N{step}: setp.eq.u32 %p2, %r15, 0; @%p2 bra L{step};
                """;
    }

    private void Shuffle(uint[] ranks, int[] members)
    {
        uint[] order = [.. Enumerable.Range(0, members.Length).Select(rank => (uint)rank)];
        _random.Shuffle(order);
        for (int i = 0; i < members.Length; i++)
            ranks[members[i]] = order[i];
    }
}
