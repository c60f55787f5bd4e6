using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// u = μu + g, θ = θ − ηu, in place, one thread a parameter; η is read when the kernel runs. Bound: memory, five floats a parameter.
/// </summary>
internal sealed class IlgpuSgd(IlgpuDevice device) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum)
    {
        int length = (int)parameters.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, parameters.Shape.Members, length);
        device.Launch<StepArguments>(Step, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, Parameters = memory.Operand(parameters), Velocity = memory.Operand(velocity),
            Gradient = memory.Operand(gradient),
            LearningRate = memory.Operand(learningRate), Momentum = momentum,
        });
    }

    internal static void Step(StepArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var parameters, var velocity, var gradient) = (arguments.Parameters.View(member), arguments.Velocity.View(member),
            arguments.Gradient.View(member));
        float rate = arguments.LearningRate.View(member)[0];
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float u = arguments.Momentum * velocity[i] + gradient[i];
            velocity[i] = u;
            parameters[i] -= rate * u;
        }
    }

    internal struct StepArguments
    {
        public MemberGrid Grid;
        public int Length;
        public float Momentum;
        public Operand Parameters;
        public Operand Velocity;
        public Operand Gradient;
        public Operand LearningRate;
    }
}
