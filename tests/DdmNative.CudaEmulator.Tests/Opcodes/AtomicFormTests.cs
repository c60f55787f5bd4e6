using System.Numerics;
using DdmNative.CudaEmulator.Ptx;
using DdmNative.CudaEmulator.Tests.Execution;
using Xunit;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// <c>atom</c> and <c>red</c> in all types, operations and spaces. 64 threads update four locations, each the one of its number modulo
/// four; lanes run in order, and warp after warp, so the value that each thread finds is also known.
/// </summary>
public class AtomicFormTests
{
    private const int Threads = 64, Places = 4;

    public static TheoryData<string, PtxType> Forms()
    {
        TheoryData<string, PtxType> data = [];
        foreach ((string operation, PtxType[] types) in new (string, PtxType[])[]
        {
            ("and", [B32, B64]), ("or", [B32, B64]), ("xor", [B32, B64]), ("exch", [B16, B32, B64]), ("cas", [B16, B32, B64]),
            ("inc", [U32]), ("dec", [U32]),
            ("add", [U32, S32, U64, S64, F32, F64, F16, F16x2, BF16, BF16x2]), ("min", [U32, S32, U64, S64]), ("max", [U32, S32, U64, S64]),
        })
        {
            foreach (PtxType type in types)
                data.Add(operation, type);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_thread_updates_the_value_of_the_previous_one(string operation, PtxType type)
    {
        string name = $"{operation}{(Name(type).Contains("f16", StringComparison.Ordinal) ? ".noftz" : "")}.{Name(type)}";
        foreach (bool returns in new[] { true, false })
        {
            if (!returns && operation is "exch" or "cas")
                continue;
            foreach (string space in new[] { ".global", ".shared", "", "generic.shared", ".relaxed.gpu.global", ".acq_rel.cta.shared" })
            {
                for (int seed = 0; seed < 3; seed++)
                    Check(operation, type, name, space, returns, seed);
            }
        }
    }

    private static void Check(string operation, PtxType type, string name, string space, bool returns, int seed)
    {
        Random random = new(seed);
        ulong[] edges = OpcodeValues.Edges(type);
        // Few different values for cas, so that comparisons also succeed; otherwise any value.
        ulong Value()
            => operation == "cas" ? edges[random.Next(4)] : random.Next(3) == 0
                ? edges[random.Next(edges.Length)] : OpcodeValues.Random(type, random);
        ulong[] places = [.. Enumerable.Range(0, Places).Select(_ => Value())],
            sources = [.. Enumerable.Range(0, 2 * Threads).Select(_ => Value())];
        uint[] results = [.. LaneKernel.Words(places), .. new uint[2 * Threads]];
        LaneKernel.Run(Body(operation, type, name, space, returns), results, LaneKernel.Words(sources), threads: Threads);
        ulong[] expected = [.. places];
        for (int thread = 0; thread < Threads; thread++)
        {
            ulong old = expected[thread % Places], found = Word(results, Places + thread);
            if (returns)
                Assert.True(Agrees(type, found, old),
                    $"atom{space}.{name}, seed {seed}: thread {thread} found 0x{found:X}, expected 0x{old:X}");
            expected[thread % Places] = Updated(operation, type, old, sources[2 * thread], sources[2 * thread + 1]);
        }

        for (int place = 0; place < Places; place++)
        {
            ulong found = Word(results, place);
            Assert.True(Agrees(type, found, expected[place]),
                $"{(returns ? "atom" : "red")}{space}.{name}, seed {seed}: place {place} holds 0x{found:X}, "
                + $"expected 0x{expected[place]:X}");
        }
    }

    /// <summary>Locations of 8 bytes at the start of the results, or copied from there to shared memory and back.</summary>
    private static string Body(string operation, PtxType type, string name, string space, bool returns)
    {
        string bits = OpcodeKernel.RegisterType(type), value = Register(bits, 1), other = Register(bits, 2), old = Register(bits, 3);
        bool shared = space.EndsWith("shared", StringComparison.Ordinal);
        string update = returns
            ? $"atom{(space == "generic.shared" ? "" : space)}.{name} {old}, [%rd12], {value}{(operation == "cas" ? $", {other}" : "")};"
            : $"red{(space == "generic.shared" ? "" : space)}.{name} [%rd12], {value};";
        string address = space.StartsWith('.')
            && shared ? "cvt.u64.u32 %rd12, %r11;" : shared
                ? "cvt.u64.u32 %rd12, %r11; cvta.shared.u64 %rd12, %rd12;" : "mov.b64 %rd12, %rd11;";
        string copyIn = shared ? "@%p1 ld.global.b64 %rd13, [%rd11]; @%p1 st.shared.b64 [%r11], %rd13; bar.sync 0;" : "";
        string copyOut = shared ? "bar.sync 0; @%p1 ld.shared.b64 %rd13, [%r11]; @%p1 st.global.b64 [%rd11], %rd13;" : "";
        string keep = !returns ? "" : bits == "b64"
            ? $"st.global.b64 [%rd14], {old};" : $"cvt.u64.u{bits[1..]} %rd15, {old}; st.global.b64 [%rd14], %rd15;";
        return $"""
            setp.lt.u32 %p1, %r0, {Places};
            rem.u32 %r10, %r0, {Places};
            mul.wide.u32 %rd10, %r10, 8;
            add.s64 %rd11, %rd10, %rd0;
            mad.lo.u32 %r11, %r10, 8, %r3;
            mul.wide.u32 %rd16, %r0, 16;
            add.s64 %rd16, %rd16, %rd1;
            mul.wide.u32 %rd14, %r0, 8;
            add.s64 %rd14, %rd14, %rd0;
            add.s64 %rd14, %rd14, {8 * Places};
            ld.global.{bits} {value}, [%rd16];
            ld.global.{bits} {other}, [%rd16+8];
            {copyIn}
            {address}
            {update}
            {keep}
            {copyOut}
            """;
    }

    private static string Register(string bits, int number)
        => bits switch { "b16" => $"%h{number}", "b32" => $"%r{40 + number}", _ => $"%rd{20 + number}" };

    private static ulong Updated(string operation, PtxType type, ulong old, ulong value, ulong other)
    {
        switch (operation)
        {
            case "and":
                return old & value;
            case "or":
                return old | value;
            case "xor":
                return old ^ value;
            case "exch":
                return value;
            case "cas":
                return old == value ? other : old;
            case "inc":
                return old >= value ? 0 : old + 1;
            case "dec":
                return old == 0 || old > value ? value : old - 1;
            case "add" when type is F16x2 or BF16x2:
                PtxType half = type == F16x2 ? F16 : BF16;
                return Updated("add", half, old & 0xFFFF, value & 0xFFFF, 0) | (Updated("add", half, old >> 16, value >> 16, 0) << 16);
            case "add" when type.IsFloat():
                return ExactFloat.Add(old, value, FloatFormat.ForType(type), PtxRounding.Rn);
            default:
                BigInteger x = IntegerForms.Value(old, type), y = IntegerForms.Value(value, type);
                return operation switch { "add" => IntegerForms.Wrap(x + y, type), "min" => y < x ? value : old, _ => y > x ? value : old };
        }
    }

    private static bool Agrees(PtxType type, ulong found, ulong expected)
    {
        if (type is F16x2 or BF16x2)
            return Agrees(type == F16x2 ? F16 : BF16, found & 0xFFFF, expected & 0xFFFF)
                && Agrees(type == F16x2 ? F16 : BF16, found >> 16, expected >> 16);
        ulong bits = IntegerForms.Low(found, type.IsFloat() ? type.ByteSize() switch { 2 => B16, 4 => B32, _ => B64 } : type);
        return bits == expected || (type.IsFloat() && FloatFormat.ForType(type).IsNaN(expected) && FloatFormat.ForType(type).IsNaN(bits));
    }

    private static ulong Word(uint[] words, int index) => words[2 * index] | (ulong)words[2 * index + 1] << 32;

    private static string Name(PtxType type) => type.ToString().ToLowerInvariant();
}
