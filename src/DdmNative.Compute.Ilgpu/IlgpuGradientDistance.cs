using DdmNative.Compute.Contracts;
using ILGPU;
using ILGPU.Algorithms;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// ℳ(g) and v = ∂ℳ/∂g (docs/mathematics.md, "Distances") in four launches for all layers and members: sums over pieces of the parameter
/// vector, one group a piece; factors of each run, one thread a run; v, one group a piece; the distance, one group a member. Results are
/// assigned (=). Bound: memory, five floats a parameter.
/// </summary>
/// <remarks>
/// Everything is float32, because OpenCL accelerators may have nothing wider, and the sums are trees. 1 − cos is computed as (‖g − g*‖² −
/// (‖g‖ − ‖g*‖)²)/(2‖g‖‖g*‖), which keeps its digits if the two nearly agree.
/// </remarks>
internal sealed class IlgpuGradientDistance(IlgpuDevice device) : GradientDistance
{
    private const int SumsOfPiece = 4;

    /// <summary>Parameters of a piece, at most.</summary>
    private const int LongestPiece = 4096;

    private readonly DistancePieceTables _tables = new(device, LongestPiece);

    protected override void EvaluateCore(
        GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Tensor gradient, Tensor target, Tensor distance,
        Tensor gradientCotangent)
    {
        DistancePieces pieces = _tables.Get(kind, blocks, gradientCotangent.Shape.Channels);
        int members = gradientCotangent.Shape.Members;
        using Tensor sums = device.AllocateTransient(TensorShape.Vector(members, SumsOfPiece * pieces.Count));
        using Tensor factors = device.AllocateTransient(TensorShape.Vector(members, 2 * pieces.RunCount));
        using Tensor shares = device.AllocateTransient(TensorShape.Vector(members, pieces.RunCount));
        (MemberGrid grid, int groups) = MemberGrid.CreateForGroups(device, members, pieces.Count);
        device.Launch<PiecesArguments>(Sums, groups, device.Threads, memory => new()
        {
            Grid = grid, Pieces = pieces.Count, Tables = memory.Operand(pieces.Tables), Gradient = memory.Operand(gradient),
            Target = memory.Operand(target), Values = memory.Operand(sums),
        });
        (MemberGrid runGrid, int runGroups) = MemberGrid.Create(device, members, pieces.RunCount);
        float negligible = kind == GradientDistanceKind.RelativePerLayer ? (float)(NegligibleShare * NegligibleShare) : 0;
        device.Launch<RunsArguments>(kind == GradientDistanceKind.RowCosine
            ? CosineFactors : RelativeFactors, runGroups, device.Threads, memory => new()
        {
            Grid = runGrid, Pieces = pieces.Count, Runs = pieces.RunCount, Negligible = negligible, Tables = memory.Operand(pieces.Tables),
            Sums = memory.Operand(sums), Factors = memory.Operand(factors), Shares = memory.Operand(shares),
        });
        device.Launch<PiecesArguments>(Cotangent, groups, device.Threads, memory => new()
        {
            Grid = grid, Pieces = pieces.Count, Tables = memory.Operand(pieces.Tables), Gradient = memory.Operand(gradient),
            Target = memory.Operand(target),
            Factors = memory.Operand(factors), Values = memory.Operand(gradientCotangent),
        });
        device.Launch<DistanceArguments>(Distance, members, device.Threads,
            memory => new() { Runs = pieces.RunCount, Shares = memory.Operand(shares), Result = memory.Operand(distance) });
    }

    /// <summary>‖g‖², ‖g*‖², ⟨g, g*⟩ and ‖g − g*‖² of each piece; 0 of a piece that does not count, which is not read.</summary>
    internal static void Sums(PiecesArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        int member = arguments.Grid.Member;
        (var tables, var g, var wanted, var values) = (arguments.Tables.View(member), arguments.Gradient.View(member),
            arguments.Target.View(member), arguments.Values.View(member));
        for (int piece = arguments.Grid.FirstOfGroup; piece < arguments.Pieces; piece += arguments.Grid.StepOfGroups)
        {
            (int start, int length) = (ReadInteger(tables, 3 * piece), ReadInteger(tables, 3 * piece + 1));
            if (ReadInteger(tables, 3 * piece + 2) < 0)
                length = 0;
            Four own = default;
            for (int i = Group.IdxX; i < length; i += Group.DimX)
            {
                float a = g[start + i], b = wanted[start + i];
                own += new Four(a * a, b * b, a * b, (a - b) * (a - b));
            }
            Four sum = GroupSum.Compute(own, scratch);
            if (Group.IdxX == 0)
            {
                values[SumsOfPiece * piece] = sum.X;
                values[SumsOfPiece * piece + 1] = sum.Y;
                values[SumsOfPiece * piece + 2] = sum.Z;
                values[SumsOfPiece * piece + 3] = sum.W;
            }
        }
    }

    /// <summary>‖g − g*‖²/‖g*‖² of a run and v = 2/‖g*‖²·(g − g*); 1 and no gradient if ‖g*‖² is negligible.</summary>
    internal static void RelativeFactors(RunsArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var tables, var sums, var factors, var shares) = (arguments.Tables.View(member), arguments.Sums.View(member),
            arguments.Factors.View(member), arguments.Shares.View(member));
        for (int run = arguments.Grid.First; run < arguments.Runs; run += arguments.Grid.Step)
        {
            float least = 0;
            if (arguments.Negligible > 0)
                least = arguments.Negligible * SumOfPieces(sums, 0, arguments.Pieces).Y;
            Four sum = SumOfRun(tables, sums, arguments.Pieces, run);
            bool counts = sum.Y > least;
            factors[2 * run] = counts ? 2 / sum.Y : 0;
            factors[2 * run + 1] = 0;
            shares[run] = counts ? sum.W / sum.Y : 1;
        }
    }

    /// <summary>1 − cos(g, g*) of a run and v = g·cos/‖g‖² − g*/(‖g‖‖g*‖); 1 and no gradient if either is zero.</summary>
    internal static void CosineFactors(RunsArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var tables, var sums, var factors, var shares) = (arguments.Tables.View(member), arguments.Sums.View(member),
            arguments.Factors.View(member), arguments.Shares.View(member));
        for (int run = arguments.Grid.First; run < arguments.Runs; run += arguments.Grid.Step)
        {
            Four sum = SumOfRun(tables, sums, arguments.Pieces, run);
            float length = XMath.Sqrt(sum.X), wantedLength = XMath.Sqrt(sum.Y), product = length * wantedLength;
            bool counts = product > 0;
            float along = counts ? sum.Z / product / sum.X : 0, towards = counts ? 1 / product : 0;
            factors[2 * run] = along;
            factors[2 * run + 1] = along - towards;
            shares[run] = counts ? (sum.W - (length - wantedLength) * (length - wantedLength)) / (2 * product) : 1;
        }
    }

    /// <summary>v = a(g − g*) + b·g* with the run's factors a and b; 0 without reading g and g* if both are 0 or there is no run.</summary>
    internal static void Cotangent(PiecesArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var tables, var g, var wanted, var values) = (arguments.Tables.View(member), arguments.Gradient.View(member),
            arguments.Target.View(member), arguments.Values.View(member));
        var factors = arguments.Factors.View(member);
        for (int piece = arguments.Grid.FirstOfGroup; piece < arguments.Pieces; piece += arguments.Grid.StepOfGroups)
        {
            (int start, int length, int run) = (ReadInteger(tables, 3 * piece), ReadInteger(tables, 3 * piece + 1),
                ReadInteger(tables, 3 * piece + 2));
            float a = 0, b = 0;
            if (run >= 0)
            {
                a = factors[2 * run];
                b = factors[2 * run + 1];
            }
            for (int i = Group.IdxX; i < length; i += Group.DimX)
                values[start + i] = a == 0 && b == 0 ? 0 : a * (g[start + i] - wanted[start + i]) + b * wanted[start + i];
        }
    }

    internal static void Distance(DistanceArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        var shares = arguments.Shares.View(Grid.IdxX);
        float sum = 0;
        for (int run = Group.IdxX; run < arguments.Runs; run += Group.DimX)
            sum += shares[run];
        float total = GroupSum.Compute(new Four(sum, 0, 0, 0), scratch).X;
        if (Group.IdxX == 0)
            arguments.Result.View(Grid.IdxX)[0] = total;
    }

    private static int ReadInteger(ArrayView<float> tables, int at) => (int)Interop.FloatAsInt(tables[at]);

    private static Four SumOfRun(ArrayView<float> tables, ArrayView<float> sums, int pieces, int run)
        => SumOfPieces(sums, ReadInteger(tables, 3 * pieces + 2 * run), ReadInteger(tables, 3 * pieces + 2 * run + 1));

    private static Four SumOfPieces(ArrayView<float> sums, int first, int count)
    {
        Four sum = default;
        for (int at = SumsOfPiece * first; at < SumsOfPiece * (first + count); at += SumsOfPiece)
            sum += new Four(sums[at], sums[at + 1], sums[at + 2], sums[at + 3]);
        return sum;
    }

    internal struct PiecesArguments
    {
        public MemberGrid Grid;
        public int Pieces;
        public Operand Tables;
        public Operand Gradient;
        public Operand Target;
        public Operand Factors;
        public Operand Values;
    }

    internal struct RunsArguments
    {
        public MemberGrid Grid;
        public int Pieces;
        public int Runs;
        public float Negligible;
        public Operand Tables;
        public Operand Sums;
        public Operand Factors;
        public Operand Shares;
    }

    internal struct DistanceArguments
    {
        public int Runs;
        public Operand Shares;
        public Operand Result;
    }
}
