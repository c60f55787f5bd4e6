using DdmNative.Compute.Contracts;
using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// y = Σₙ x: one thread a result, over its samples in order. ⟨a, b⟩: pieces of 16384 products, one group a piece, then one group for the
/// pieces; a thread's own sum is compensated (Kahan), because some accelerators have no float64. Results are assigned (=). Bound: memory.
/// </summary>
internal sealed class IlgpuReduction(IlgpuDevice device) : Reduction
{
    private const int PieceLength = 16384;

    protected override void SumSamplesCore(Tensor x, Tensor y)
    {
        int length = y.Shape.SampleLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, y.Shape.Members, length);
        device.Launch<SumArguments>(SumSamples, groups, device.Threads,
            memory => new() { Grid = grid, Samples = x.Shape.Samples, Length = length, X = memory.Operand(x), Y = memory.Operand(y) });
    }

    protected override void DotCore(Tensor a, Tensor b, Tensor y)
    {
        (int members, int length) = (y.Shape.Members, (int)a.Shape.MemberLength);
        int pieces = (length + PieceLength - 1) / PieceLength;
        using Tensor partials = device.AllocateTransient(TensorShape.Vector(members, pieces));
        (MemberGrid grid, int groups) = MemberGrid.CreateForGroups(device, members, pieces);
        device.Launch<DotArguments>(Dot, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, Pieces = pieces, A = memory.Operand(a), B = memory.Operand(b), Y = memory.Operand(partials),
        });
        device.Launch<SumArguments>(SumPieces, members, device.Threads,
            memory => new() { Length = pieces, X = memory.Operand(partials), Y = memory.Operand(y) });
    }

    internal static void SumSamples(SumArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var x, var y) = (arguments.X.View(member), arguments.Y.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float sum = 0;
            for (int n = 0; n < arguments.Samples; n++)
                sum += x[n * arguments.Length + i];
            y[i] = sum;
        }
    }

    internal static void Dot(DotArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        int member = arguments.Grid.Member;
        (var a, var b, var y) = (arguments.A.View(member), arguments.B.View(member), arguments.Y.View(member));
        for (int piece = arguments.Grid.FirstOfGroup; piece < arguments.Pieces; piece += arguments.Grid.StepOfGroups)
        {
            int end = IntrinsicMath.Min((piece + 1) * PieceLength, arguments.Length);
            float sum = 0, lost = 0;
            for (int i = piece * PieceLength + Group.IdxX; i < end; i += Group.DimX)
            {
                float term = a[i] * b[i] - lost;
                float next = sum + term;
                lost = next - sum - term;
                sum = next;
            }
            float total = GroupSum.Compute(new Four(sum, 0, 0, 0), scratch).X;
            if (Group.IdxX == 0)
                y[piece] = total;
        }
    }

    internal static void SumPieces(SumArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        var x = arguments.X.View(Grid.IdxX);
        float sum = 0;
        for (int i = Group.IdxX; i < arguments.Length; i += Group.DimX)
            sum += x[i];
        float total = GroupSum.Compute(new Four(sum, 0, 0, 0), scratch).X;
        if (Group.IdxX == 0)
            arguments.Y.View(Grid.IdxX)[0] = total;
    }

    internal struct SumArguments
    {
        public MemberGrid Grid;
        public int Samples;
        public int Length;
        public Operand X;
        public Operand Y;
    }

    internal struct DotArguments
    {
        public MemberGrid Grid;
        public int Length;
        public int Pieces;
        public Operand A;
        public Operand B;
        public Operand Y;
    }
}
