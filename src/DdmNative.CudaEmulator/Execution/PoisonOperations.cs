using System.Numerics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Operations before the instructions that may read poison (<see cref="PoisonFlow"/>) or write a register that may hold poison. A guard is
/// applied here (B, or −1, and Immediate to flip it), since the instruction itself counts the lanes that it leaves out.
/// </summary>
internal static unsafe class PoisonOperations
{
    /// <summary>
    /// Reports a fault if poison decides something for a lane that takes part; A is the register's word of lanes, Count its number.
    /// </summary>
    public static void Check(Warp warp, Operation* operation, uint mask)
    {
        uint poison = ActiveLanes(warp, operation, mask) & *(uint*)(warp.Frame + operation->A);
        if (poison == 0)
            return;
        Detail detail = warp.Details[operation->Extra];
        int origin = warp.Poison.OriginOf(detail.Sources[0], BitOperations.TrailingZeroCount(poison));
        throw warp.Poison.Fault(operation->Site, poison, origin, DescribeOperand(detail.Instruction, operation->Count));
    }

    /// <summary>Results hold poison in the lanes in which a source does; in no lane if there are no sources.</summary>
    public static void Propagate(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        uint taking = ActiveLanes(warp, operation, mask), poison = 0;
        foreach (Place source in detail.Sources)
            poison |= Lanes(warp, source);
        poison &= taking;
        if (poison != 0)
        {
            poison &= ~FindDetermined(warp, detail, poison, taking);
            if (detail.Instruction.Opcode is PtxOpcode.Vote or PtxOpcode.Match or PtxOpcode.Redux && poison != 0)
                poison = taking;
        }

        Put(warp, detail, detail.Results, taking, poison);
    }

    /// <summary>
    /// Instructions that mix lanes. They are first executed with other values: nonzero for poison, zero elsewhere. The nonzero results are
    /// those that poison reaches. Extra is the instruction's own detail; C has the same detail on rows that hold nothing else; the
    /// instruction is the next operation.
    /// </summary>
    public static void Mix(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra], trial = warp.Details[operation->C];
        uint taking = ActiveLanes(warp, operation, mask), poison = 0;
        foreach (Place source in detail.Sources)
            poison |= Lanes(warp, source);
        if (poison == 0 || taking == 0)
        {
            Put(warp, detail, detail.Results, taking, 0);
            return;
        }

        PtxInstruction instruction = detail.Instruction;
        Operation again = operation[1];
        again.Extra = operation->C;
        if (instruction.Opcode is not (PtxOpcode.Mma or PtxOpcode.WmmaMma))
        {
            // The operand that selects the source lane decides all results of the lane.
            uint all = 0;
            for (int i = 1; i < detail.Sources.Length; i++)
                all |= Lanes(warp, detail.Sources[i]);
            Fill(warp, trial.Sources[0], Lanes(warp, detail.Sources[0]), ulong.MaxValue);
            again.Run(warp, &again, taking);
            Put(warp, detail, detail.Results.AsSpan(0, 1), taking, taking & (all | FindNonzero(warp, trial.Results[0])));
            Put(warp, detail, detail.Results.AsSpan(1), taking, taking & all);
            return;
        }

        (int a, int b) = MatrixPoison.Registers(instruction);
        uint* reached = stackalloc uint[detail.Results.Length];
        for (int half = 0; half < 2; half++)
        {
            for (int i = 0; i < detail.Sources.Length; i++)
            {
                // First the poison of A with ones for B, and that of C, then that of B.
                PtxMatrix matrix = i < a ? PtxMatrix.A : i < a + b ? PtxMatrix.B : PtxMatrix.C;
                bool tells = matrix == PtxMatrix.B == (half == 1);
                ulong one = MatrixPoison.One(instruction, matrix);
                uint beside = matrix == PtxMatrix.C || MatrixPoison.Differs(instruction) ? 0 : uint.MaxValue;
                uint lanes = tells ? Lanes(warp, detail.Sources[i]) : beside;
                Fill(warp, trial.Sources[i], lanes, one);
            }

            again.Run(warp, &again, taking);
            for (int i = 0; i < detail.Results.Length; i++)
                reached[i] |= FindNonzero(warp, trial.Results[i]);
        }

        for (int i = 0; i < detail.Results.Length; i++)
            Put(warp, detail, detail.Results.AsSpan(i, 1), taking, taking & reached[i]);
    }

    /// <summary>The word of lanes in which a register holds poison; 0 if the place is not a register.</summary>
    public static uint Lanes(Warp warp, Place place) => place.Poison == 0 ? 0 : *(uint*)(warp.Frame + place.Poison);

    /// <summary>
    /// Sets the poison of the lanes of the mask in a register of a frame to that of the other word, with the given origins.
    /// </summary>
    public static void Put(byte* frame, Place result, uint mask, uint poison, ReadOnlySpan<int> origins)
    {
        if (result.Poison == 0)
            return;
        uint* word = (uint*)(frame + result.Poison);
        *word = *word & ~mask | poison;
        for (uint rest = poison; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ((int*)(frame + result.Origins))[lane] = origins[lane];
        }
    }

    /// <summary>A lane's poison comes from its own sources, or from those of the first lane that has any.</summary>
    private static void Put(Warp warp, Detail detail, ReadOnlySpan<Place> results, uint mask, uint poison)
    {
        Span<int> origins = stackalloc int[32];
        int other = 0;
        foreach (Place source in poison == 0 ? [] : detail.Sources)
        {
            uint lanes = Lanes(warp, source);
            for (uint rest = lanes; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                origins[lane] = origins[lane] == 0 ? warp.Poison.OriginOf(source, lane) : origins[lane];
                other = other == 0 ? origins[lane] : other;
            }
        }

        for (int lane = 0; lane < 32 && poison != 0; lane++)
            origins[lane] = origins[lane] == 0 ? other : origins[lane];
        foreach (Place result in results)
            Put(warp.Frame, result, mask, poison, origins);
    }

    private static uint ActiveLanes(Warp warp, Operation* operation, uint mask) =>
        operation->B < 0 ? mask : mask & (*(uint*)(warp.Frame + operation->B) ^ (uint)operation->Immediate);

    private static void Fill(Warp warp, Place row, uint lanes, ulong value)
    {
        for (int lane = 0; lane < 32; lane++)
            LaneOperations.Write(warp.Frame, row, lane, (lanes >> lane & 1) != 0 ? value : 0);
    }

    private static uint FindNonzero(Warp warp, Place row)
    {
        uint lanes = 0;
        for (int lane = 0; lane < 32; lane++)
            lanes |= LaneOperations.Read(warp.Frame, row, lane) != 0 ? 1u << lane : 0;
        return lanes;
    }

    /// <summary>
    /// Of the lanes with poison among their sources, those in which the other sources determine the result: false and anything is false.
    /// </summary>
    private static uint FindDetermined(Warp warp, Detail detail, uint lanes, uint taking)
    {
        PtxInstruction instruction = detail.Instruction;
        PtxType type = instruction.Modifiers.Type;
        switch (instruction.Opcode)
        {
            case PtxOpcode.And:
            case PtxOpcode.Mul when type.IsInteger():
                return FindLanesWith(warp, detail, 0, type, 0, lanes) | FindLanesWith(warp, detail, 1, type, 0, lanes);
            case PtxOpcode.Or:
                return FindLanesWith(warp, detail, 0, type, ulong.MaxValue, lanes)
                    | FindLanesWith(warp, detail, 1, type, ulong.MaxValue, lanes);
            case PtxOpcode.Setp or PtxOpcode.Set when instruction.Operands.Count > 3 && instruction.Modifiers.Operation == PtxOperation.And:
                return FindLanesWith(warp, detail, 2, PtxType.Pred, 0, lanes);
            case PtxOpcode.Setp or PtxOpcode.Set when instruction.Operands.Count > 3 && instruction.Modifiers.Operation == PtxOperation.Or:
                return FindLanesWith(warp, detail, 2, PtxType.Pred, ulong.MaxValue, lanes);
            case PtxOpcode.Selp:
                uint first = FindLanesWith(warp, detail, 2, PtxType.Pred, ulong.MaxValue, lanes);
                uint second = FindLanesWith(warp, detail, 2, PtxType.Pred, 0, lanes);
                return first & ~Lanes(warp, detail.Sources[0]) | second & ~Lanes(warp, detail.Sources[1]);
            case PtxOpcode.Vote:
                ulong settles = instruction.Modifiers.Mode == PtxMode.Any ? ulong.MaxValue : 0;
                bool some = instruction.Modifiers.Mode is PtxMode.Any or PtxMode.All
                    && FindLanesWith(warp, detail, 0, PtxType.Pred, settles, taking) != 0;
                return some ? uint.MaxValue : 0;
            default:
                return 0;
        }
    }

    /// <summary>
    /// Lanes in which a source, given by the index of the operand after the result, is known to have the bits of a value.
    /// </summary>
    private static uint FindLanesWith(Warp warp, Detail detail, int source, PtxType type, ulong value, uint lanes)
    {
        ulong bits = type == PtxType.Pred ? 1 : ulong.MaxValue >> 64 - 8 * type.ByteSize();
        if (detail.Instruction.Operands[source + 1] is PtxImmediate immediate)
            return ((type == PtxType.Pred && immediate.Bits != 0 ? 1ul : immediate.Bits) & bits) == (value & bits) ? uint.MaxValue : 0;
        Place place = detail.Sources[source];
        if (place.Poison == 0)
            return 0;
        uint found = 0;
        for (uint rest = lanes & ~Lanes(warp, place); rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            found |= (LaneOperations.Read(warp.Frame, place, lane) & bits) == (value & bits) ? 1u << lane : 0;
        }

        return found;
    }

    private static string DescribeOperand(PtxInstruction instruction, int register)
    {
        if (instruction.Guard?.Register == register)
            return instruction.Opcode == PtxOpcode.Bra ? "the predicate of the branch" : "the predicate of the instruction";
        if (instruction.Operands.Any(operand => operand is PtxAddress { Register: { } address } && address.Register == register))
            return "the address";
        return instruction.Opcode switch
        {
            PtxOpcode.BrxIdx => "the index of the branch",
            PtxOpcode.Call => "the address of the function",
            PtxOpcode.BarSync or PtxOpcode.BarArrive or PtxOpcode.BarRed => "an operand of the barrier",
            PtxOpcode.BarWarpSync or PtxOpcode.Shfl or PtxOpcode.Vote => "the mask of lanes",
            PtxOpcode.Match or PtxOpcode.Redux or PtxOpcode.Elect => "the mask of lanes",
            _ => "an operand",
        };
    }
}
