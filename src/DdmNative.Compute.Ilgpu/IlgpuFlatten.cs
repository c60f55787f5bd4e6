using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>Images already have PyTorch's order, so both directions are copies.</summary>
internal sealed class IlgpuFlatten(IlgpuDevice device) : Flatten
{
    protected override void ForwardCore(Tensor x, Tensor y) => Copy(x, y);

    protected override void BackwardCore(Tensor y, Tensor x) => Copy(y, x);

    private void Copy(Tensor from, Tensor to)
    {
        int length = (int)to.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, to.Shape.Members, length);
        device.Launch<CopyArguments>(CopyFloats, groups, device.Threads,
            memory => new() { Grid = grid, Length = length, From = memory.Operand(from), To = memory.Operand(to) });
    }

    internal static void CopyFloats(CopyArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var from, var to) = (arguments.From.View(member), arguments.To.View(member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
            to[i] = from[i];
    }

    internal struct CopyArguments
    {
        public MemberGrid Grid;
        public int Length;
        public Operand From;
        public Operand To;
    }
}
