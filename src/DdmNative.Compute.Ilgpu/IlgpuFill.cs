namespace DdmNative.Compute.Ilgpu;

/// <summary>θ = value, assigned (=), one thread a parameter. Bound: memory, one float written.</summary>
internal sealed class IlgpuFill(IlgpuDevice device) : Contracts.Fill
{
    protected override void AssignCore(Slice target, float value)
    {
        (MemberGrid grid, int groups) = MemberGrid.Create(device, target.Vector.Shape.Members, target.Length);
        device.Launch<AssignArguments>(Assign, groups, device.Threads,
            memory => new() { Grid = grid, Length = target.Length, Value = value, Target = memory.Operand(target) });
    }

    internal static void Assign(AssignArguments arguments)
    {
        var target = arguments.Target.View(arguments.Grid.Member);
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
            target[i] = arguments.Value;
    }

    internal struct AssignArguments
    {
        public MemberGrid Grid;
        public int Length;
        public float Value;
        public Operand Target;
    }
}
