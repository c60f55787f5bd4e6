using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// y = αa + βb, assigned (=), one thread an element. With β = 0 b is not read, so that a copy is exact. Bound: memory, at most two floats
/// read for one written.
/// </summary>
internal sealed class IlgpuLinearCombination(IlgpuDevice device) : LinearCombination
{
    protected override void CombineCore(float alpha, Tensor a, float beta, Tensor b, Tensor y)
    {
        int length = (int)y.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, y.Shape.Members, length);
        device.Launch<CombineArguments>(Combine, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, Alpha = alpha, A = memory.Operand(a), Beta = beta, B = memory.Operand(b), Y = memory.Operand(y),
        });
    }

    internal static void Combine(CombineArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var a, var b, var y) = (arguments.A.View(member), arguments.B.View(member), arguments.Y.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
            y[i] = arguments.Beta == 0 ? arguments.Alpha * a[i] : arguments.Alpha * a[i] + arguments.Beta * b[i];
    }

    internal struct CombineArguments
    {
        public MemberGrid Grid;
        public int Length;
        public float Alpha;
        public float Beta;
        public Operand A;
        public Operand B;
        public Operand Y;
    }
}
