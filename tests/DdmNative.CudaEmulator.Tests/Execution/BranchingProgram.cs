using System.Text;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// A random program of branches, loops, early exits, guarded arithmetic, loads and exchanges through shared memory, and two evaluators that
/// share no code with the emulator: one runs each thread separately, and one computes how many instructions a warp executes if its lanes
/// join as early as possible. (All lanes that are at the earliest instruction run next; for code with this layout, that is the same as
/// joining at the immediate post-dominator.)
/// </summary>
internal sealed class BranchingProgram
{
    public const int Values = 6;
    public const int Sources = 256;

    private const int FirstRegister = 10, CounterRegister = 20, MaxDepth = 4;

    private enum Kind { Arithmetic, Compare, Branch, Exit, Load, Exchange }

    private sealed record Step(Kind Kind, int D, int A, int B, uint Constant, int Operation, bool Guarded, bool Negated)
    {
        /// <summary>For a branch: the number of its target step.</summary>
        public int Target { get; set; } = -1;

        public int Instructions => Kind switch { Kind.Load => 4, Kind.Exchange => 9, _ => 1 };
    }

    private readonly Random _random;
    private readonly List<Step> _steps = [];
    private readonly bool _exits;

    public BranchingProgram(int seed)
    {
        _random = new Random(seed);
        _exits = _random.Next(2) == 0;
        Block(0, 3 + _random.Next(6));
    }

    /// <summary>The body of a <see cref="LaneKernel"/>; each thread writes its values to a row of the results.</summary>
    public string Body()
    {
        StringBuilder text = new();
        for (int i = 0; i < Values; i++)
            text.AppendLine($"mad.lo.u32 %r{FirstRegister + i}, %r2, {Factor(i)}, {i + 1};");
        text.AppendLine("mov.u32 %r32, %ntid.x;");
        for (int i = 0; i < _steps.Count; i++)
            text.Append($"S{i}: ").AppendLine(Written(_steps[i]));
        text.Append($"S{_steps.Count}: ").AppendLine($"mul.wide.u32 %rd10, %r2, {4 * Values}; add.s64 %rd10, %rd10, %rd0;");
        for (int i = 0; i < Values; i++)
            text.AppendLine($"st.global.u32 [%rd10+{4 * i}], %r{FirstRegister + i};");
        return text.ToString();
    }

    /// <summary>
    /// The values that the threads of a block write (zeros for those that exit), and how many instructions its lanes and its warps execute.
    /// </summary>
    public (uint[] Results, long LaneInstructions, long WarpInstructions) Evaluate(int block, int threads, uint[] sources)
    {
        uint[][] registers = [.. Enumerable.Range(0, threads).Select(thread => Start((uint)(block * threads + thread)))];
        bool[] predicates = new bool[threads], gone = new bool[threads];
        int[] at = new int[threads];
        long lanes = 0, warps = 0;
        uint[] shared = new uint[threads];
        while (true)
        {
            // Runs each warp to its next exchange, in which all threads take part.
            for (int first = 0; first < threads; first += 32)
            {
                int[] warp = [.. Enumerable.Range(first, Math.Min(32, threads - first))];
                while (true)
                {
                    int[] running = [.. warp.Where(thread => !gone[thread] && at[thread] < _steps.Count
                        && _steps[at[thread]].Kind != Kind.Exchange)];
                    if (running.Length == 0)
                        break;
                    int least = running.Min(thread => at[thread]);
                    Step step = _steps[least];
                    warps += step.Instructions;
                    foreach (int thread in running.Where(thread => at[thread] == least))
                    {
                        at[thread]++;
                        bool takes = !step.Guarded || predicates[thread] != step.Negated;
                        lanes += takes ? step.Instructions : 0;
                        if (takes)
                            Take(step, registers[thread], sources, ref predicates[thread], ref gone[thread], ref at[thread]);
                    }
                }
            }

            if (gone.All(left => left) || at.Where((_, thread) => !gone[thread]).All(where => where == _steps.Count))
                break;
            Step exchange = _steps[at[0]];
            for (int thread = 0; thread < threads; thread++)
                shared[thread] = registers[thread][exchange.A];
            for (int thread = 0; thread < threads; thread++)
            {
                registers[thread][exchange.D] = shared[(thread + exchange.Constant) % threads];
                at[thread]++;
            }

            lanes += (long)exchange.Instructions * threads;
            warps += exchange.Instructions * ((threads + 31) / 32);
        }

        int left = gone.Count(thread => !thread), warpCount = (threads + 31) / 32;
        int warpsLeft = gone.Chunk(32).Count(warp => warp.Any(thread => !thread));
        lanes += (long)threads * (LaneKernel.Overhead + Values) + (long)left * (2 + Values + 1);
        warps += (long)warpCount * (LaneKernel.Overhead + Values) + (long)warpsLeft * (2 + Values + 1);
        return ([.. registers.SelectMany((values, thread) => gone[thread] ? new uint[Values] : values[..Values])], lanes, warps);
    }

    private static uint Factor(int value) => (uint)(value * 0x9E3779B1 + 12345);

    private static uint[] Start(uint thread) =>
        [.. Enumerable.Range(0, Values).Select(i => thread * Factor(i) + (uint)i + 1), .. new uint[MaxDepth + 1]];

    private static void Take(Step step, uint[] values, uint[] sources, ref bool predicate, ref bool gone, ref int at)
    {
        uint a = values[step.A], b = step.B < 0 ? step.Constant : values[step.B];
        switch (step.Kind)
        {
            case Kind.Arithmetic:
                values[step.D] = step.Operation switch
                {
                    0 => a + b, 1 => a - b, 2 => a ^ b, 3 => a & b, 4 => a * b, 5 => Math.Min(a, b), 6 => (uint)Math.Max((int)a, (int)b),
                        7 => b > 31 ? 0 : a >> (int)b, _ => b == 0 ? uint.MaxValue : a / b,
                };
                break;
            case Kind.Compare:
                predicate = step.Operation == 0 ? a < b : (int)a >= (int)b;
                break;
            case Kind.Branch:
                at = step.Target;
                break;
            case Kind.Exit:
                gone = true;
                break;
            default:
                values[step.D] = sources[a % Sources];
                break;
        }
    }

    private static string Written(Step step)
    {
        string guard = !step.Guarded
            ? "" : step.Negated ? "@!%p1 " : "@%p1 ", d = Register(step.D), a = Register(step.A), b = step.B < 0
                ? $"{step.Constant}" : Register(step.B);
        return step.Kind switch
        {
            Kind.Arithmetic => $"{guard}{Opcode(step.Operation)} {d}, {a}, {b};",
            Kind.Compare => $"{(step.Operation == 0 ? "setp.lt.u32" : "setp.ge.s32")} %p1, {a}, {b};",
            Kind.Branch => $"{guard}bra S{step.Target};",
            Kind.Exit => $"{guard}exit;",
            Kind.Load => $"{guard}and.b32 %r30, {a}, {Sources - 1}; {guard}mul.wide.u32 %rd11, %r30, 4; {guard}add.s64 %rd11, %rd11, %rd1; "
                + $"{guard}ld.global.u32 {d}, [%rd11];",
            _ => $"shl.b32 %r30, %r0, 2; add.u32 %r30, %r30, %r3; st.shared.u32 [%r30], {a}; bar.sync 0; add.u32 %r31, %r0, "
                + $"{step.Constant}; rem.u32 %r31, %r31, %r32; mad.lo.u32 %r31, %r31, 4, %r3; ld.shared.u32 {d}, [%r31]; bar.sync 0;",
        };
    }

    private static string Register(int value) => $"%r{(value < Values ? FirstRegister + value : CounterRegister + value - Values)}";

    private static string Opcode(int operation) => operation switch
    {
        0 => "add.u32", 1 => "sub.u32", 2 => "xor.b32", 3 => "and.b32", 4 => "mul.lo.u32", 5 => "min.u32", 6 => "max.s32", 7 => "shr.u32",
            _ => "div.u32",
    };

    private void Block(int depth, int count)
    {
        for (int i = 0; i < count; i++)
        {
            switch (_random.Next(10))
            {
                case 0 or 1 when depth < MaxDepth:
                    If(depth);
                    break;
                case 2 or 3 when depth < MaxDepth:
                    Loop(depth);
                    break;
                case 4 when _exits && _random.Next(3) == 0:
                    Add(Kind.Compare, 0, Value(), -1, (uint)_random.Next(int.MinValue, int.MaxValue), 0);
                    Add(Kind.Exit, guarded: true);
                    break;
                case 5:
                    Add(Kind.Load, Value(), Value());
                    break;
                case 6 when depth == 0 && !_exits:
                    Add(Kind.Exchange, Value(), Value(), -1, (uint)_random.Next(1, 200));
                    break;
                case 7:
                    Condition();
                    Add(Kind.Arithmetic, Value(), Value(), Value(), 0, _random.Next(9), guarded: true, negated: _random.Next(2) == 0);
                    break;
                default:
                    bool constant = _random.Next(3) == 0;
                    Add(Kind.Arithmetic, Value(), Value(), constant ? -1 : Value(), (uint)_random.Next(0, 40), _random.Next(9));
                    break;
            }
        }
    }

    private void If(int depth)
    {
        Condition();
        Step skip = Add(Kind.Branch, guarded: true, negated: _random.Next(2) == 0);
        Block(depth + 1, 1 + _random.Next(3));
        if (_random.Next(2) == 0)
        {
            Step end = Add(Kind.Branch);
            skip.Target = _steps.Count;
            Block(depth + 1, 1 + _random.Next(3));
            end.Target = _steps.Count;
        }
        else
        {
            skip.Target = _steps.Count;
        }
    }

    /// <summary>Up to eight iterations, as many as the lowest bits of a value, optionally with an exit in the middle.</summary>
    private void Loop(int depth)
    {
        int counter = Values + depth;
        Add(Kind.Arithmetic, counter, Value(), -1, 7, 3);
        int head = _steps.Count;
        Add(Kind.Arithmetic, counter, counter, -1, 1, 1);
        Add(Kind.Compare, 0, counter, -1, 0, 1);
        Step end = Add(Kind.Branch, guarded: true, negated: true);
        Block(depth + 1, 1 + _random.Next(3));
        if (_random.Next(2) == 0)
        {
            Condition();
            Step way = Add(Kind.Branch, guarded: true);
            Block(depth + 1, 1 + _random.Next(2));
            Add(Kind.Branch).Target = head;
            way.Target = _steps.Count;
        }
        else
        {
            Add(Kind.Branch).Target = head;
        }

        end.Target = _steps.Count;
    }

    private void Condition()
        => Add(Kind.Compare, 0, Value(), _random.Next(2) == 0
            ? -1 : Value(), (uint)_random.Next(int.MinValue, int.MaxValue), _random.Next(2));

    private int Value() => _random.Next(Values);

    private Step Add(Kind kind, int d = 0, int a = 0, int b = -1, uint constant = 0, int operation = 0, bool guarded = false,
        bool negated = false)
    {
        _steps.Add(new Step(kind, d, a, b, constant, operation, guarded, negated));
        return _steps[^1];
    }
}
