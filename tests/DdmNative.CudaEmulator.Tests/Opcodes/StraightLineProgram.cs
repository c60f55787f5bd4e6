using System.Text;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// A random program without branches for one warp, and the expected contents of its registers: forms are applied to registers and
/// constants, some under a guard. Instructions whose result the ISA leaves open for one of the threads, or whose result is NaN, are left
/// out.
/// </summary>
internal sealed class StraightLineProgram
{
    public const int Threads = 32;
    private static readonly string[] Classes = ["pred", "b16", "b32", "b64"];
    private static readonly int[] RegistersOfClass = [4, 6, 8, 6];
    private static readonly OpcodeForm[] Usable =
        [.. OpcodeFormTests.Forms.Where(form => form.Closeness == Closeness.Exact && form.Code.Count(c => c == ';') == 1)];

    /// <summary>By class and register, the value of each thread.</summary>
    private readonly ulong[][][] _state;

    private readonly StringBuilder _body = new();

    public StraightLineProgram(int seed, int length)
    {
        Random random = new(seed);
        _state = [.. RegistersOfClass.Select((count, c) => Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, Threads)
            .Select(_ => c == 0 ? (ulong)random.Next(2) : OpcodeValues.Random(RandomType(c, random), random)).ToArray()).ToArray())];
        Initial = Row();
        for (int written = 0; written < length;)
            written += Append(Usable[random.Next(Usable.Length)], random) ? 1 : 0;
        Final = Row();
    }

    /// <summary>The registers' values before and after, thread by thread.</summary>
    public ulong[] Initial { get; }

    public ulong[] Final { get; }

    public static int RegistersPerThread => RegistersOfClass.Sum();

    public static string RegisterName(int slot)
    {
        int c = 0;
        for (; slot >= RegistersOfClass[c]; c++)
            slot -= RegistersOfClass[c];
        return Name(c, slot);
    }

    /// <summary>A kernel <c>program(in, out)</c>.</summary>
    public string Text()
    {
        StringBuilder text = new(OpcodeKernel.Heading);
        text.Append(".visible .entry program(.param .u64 in, .param .u64 out)\n{\n.reg .b32 %t<4>;\n.reg .b64 %a<8>;\n.reg .pred "
            + "%pred<4>;\n.reg .b16 %b16_<6>;\n.reg .b32 %b32_<8>;\n.reg .b64 %b64_<6>;\n");
        text.Append($"mov.u32 %t0, %tid.x;\nld.param.u64 %a0, [in]; mad.wide.u32 %a0, %t0, {8 * RegistersPerThread}, %a0;\nld.param.u64 "
            + $"%a1, [out]; mad.wide.u32 %a1, %t0, {8 * RegistersPerThread}, %a1;\n");
        ForEachRegister((c, i, slot) => text.Append(OpcodeKernel.Load(Name(c, i), TypeOf(c), "%a0", 8 * slot)));
        text.Append(_body);
        ForEachRegister((c, i, slot) => text.Append(OpcodeKernel.Store(Name(c, i), TypeOf(c), "%a1", 8 * slot)));
        return text.Append("ret;\n}\n").ToString();
    }

    private static string Name(int c, int i) => c == 0 ? $"%pred{i}" : $"%{Classes[c]}_{i}";

    private static PtxType TypeOf(int c) => c switch { 0 => PtxType.Pred, 1 => PtxType.B16, 2 => PtxType.B32, _ => PtxType.B64 };

    private static int ClassOf(PtxType type) => Array.IndexOf(Classes, OpcodeKernel.RegisterType(type));

    private static PtxType RandomType(int c, Random random)
    {
        PtxType[] types = c switch { 1 => [PtxType.U16, PtxType.F16], 2 => [PtxType.U32, PtxType.F32], _ => [PtxType.U64, PtxType.F64] };
        return types[random.Next(types.Length)];
    }

    private static void ForEachRegister(Action<int, int, int> action)
    {
        int slot = 0;
        for (int c = 0; c < RegistersOfClass.Length; c++)
        {
            for (int i = 0; i < RegistersOfClass[c]; i++)
                action(c, i, slot++);
        }
    }

    private bool Append(OpcodeForm form, Random random)
    {
        string[] names = new string[form.Sources.Length];
        Func<int, ulong>[] values = new Func<int, ulong>[names.Length];
        bool anyRegister = false;
        for (int k = 0; k < names.Length; k++)
        {
            PtxType type = form.Sources[k];
            int c = ClassOf(type);
            if (type.IsInteger() && type.ByteSize() > 1 && anyRegister && random.Next(5) == 0)
            {
                ulong constant = OpcodeValues.Random(type, random);
                (names[k], values[k]) = ($"{constant}", _ => constant);
                continue;
            }

            int register = random.Next(RegistersOfClass[c]);
            (names[k], values[k], anyRegister) = (Name(c, register), thread => _state[c][register][thread], true);
        }

        int destinationClass = ClassOf(form.Result), destination = random.Next(RegistersOfClass[destinationClass]);
        int guard = random.Next(7) == 0 ? random.Next(RegistersOfClass[0]) : -1;
        bool negated = random.Next(2) == 0;
        ulong[] results = new ulong[Threads];
        for (int thread = 0; thread < Threads; thread++)
        {
            if (form.Reference([.. values.Select((value, k) => form.Sources[k].ByteSize() == 1
                && form.Sources[k] != PtxType.Pred ? value(thread) & 0xFF : value(thread))]) is not { } result
                || (form.Result.IsFloat() && form.Result is not (PtxType.F16x2 or PtxType.BF16x2)
                    && FloatFormat.ForType(form.Result).IsNaN(result)))
            {
                return false;
            }

            bool happens = guard < 0 || (_state[0][guard][thread] != 0) != negated;
            results[thread] = happens ? result : _state[destinationClass][destination][thread];
        }

        _state[destinationClass][destination] = results;
        _body.Append(guard < 0 ? "" : $"@{(negated ? "!" : "")}{Name(0, guard)} ")
            .Append(form.Written(Name(destinationClass, destination), names)).Append('\n');
        return true;
    }

    private ulong[] Row()
    {
        ulong[] row = new ulong[Threads * RegistersPerThread];
        ForEachRegister((c, i, slot) =>
        {
            for (int thread = 0; thread < Threads; thread++)
                row[thread * RegistersPerThread + slot] = _state[c][i][thread];
        });
        return row;
    }
}
