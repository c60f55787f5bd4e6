using DdmNative.Compute.Contracts;
using ILGPU.Algorithms;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// m = β₁m + (1−β₁)g, s = β₂s + (1−β₂)g², x = x − c₀m/(√(c₁s) + ε), in place, one thread a value; the corrections c are read when the
/// kernel runs. Bound: memory, seven floats a value.
/// </summary>
internal sealed class IlgpuAdam(IlgpuDevice device) : Adam
{
    protected override void StepCore(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient,
        Tensor corrections)
    {
        int length = (int)values.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, values.Shape.Members, length);
        device.Launch<StepArguments>(Step, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, Beta1 = options.Beta1, Beta2 = options.Beta2, Epsilon = options.Epsilon,
            Values = memory.Operand(values), FirstMoment = memory.Operand(firstMoment), SecondMoment = memory.Operand(secondMoment),
            Gradient = memory.Operand(gradient), Corrections = memory.Operand(corrections),
        });
    }

    internal static void Step(StepArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var values, var first, var second) = (arguments.Values.View(member), arguments.FirstMoment.View(member),
            arguments.SecondMoment.View(member));
        (var gradient, var corrections) = (arguments.Gradient.View(member), arguments.Corrections.View(member));
        (float rate, float secondCorrection) = (corrections[0], corrections[1]);
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float g = gradient[i];
            float m = arguments.Beta1 * first[i] + (1 - arguments.Beta1) * g;
            float s = arguments.Beta2 * second[i] + (1 - arguments.Beta2) * g * g;
            first[i] = m;
            second[i] = s;
            values[i] -= rate * m / (XMath.Sqrt(s * secondCorrection) + arguments.Epsilon);
        }
    }

    internal struct StepArguments
    {
        public MemberGrid Grid;
        public int Length;
        public float Beta1;
        public float Beta2;
        public float Epsilon;
        public Operand Values;
        public Operand FirstMoment;
        public Operand SecondMoment;
        public Operand Gradient;
        public Operand Corrections;
    }
}
