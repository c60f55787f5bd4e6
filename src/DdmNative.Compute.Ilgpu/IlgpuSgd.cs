using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// g = g + λθ, u = μu + g, θ = θ − ηu or θ − η(g + μu), in place, one thread a parameter; η and λ are read when the kernel runs. Bound:
/// memory, five floats a parameter, six with decay.
/// </summary>
internal sealed class IlgpuSgd(IlgpuDevice device) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum,
        Tensor? decay, bool nesterov)
    {
        int length = (int)parameters.Shape.MemberLength;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, parameters.Shape.Members, length);
        device.Launch<StepArguments>(Step, groups, device.Threads, memory => new()
        {
            Grid = grid, Length = length, Parameters = memory.Operand(parameters), Velocity = memory.Operand(velocity),
            Gradient = memory.Operand(gradient),
            LearningRate = memory.Operand(learningRate), Momentum = momentum,
            // Without decay the gradient takes its place; it is not read there.
            Decays = decay is null ? 0 : 1, Decay = memory.Operand(decay ?? gradient), Nesterov = nesterov ? 1 : 0,
        });
    }

    internal static void Step(StepArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var parameters, var velocity, var gradient) = (arguments.Parameters.View(member), arguments.Velocity.View(member),
            arguments.Gradient.View(member));
        var decay = arguments.Decay.View(member);
        float rate = arguments.LearningRate.View(member)[0];
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float g = arguments.Decays == 0 ? gradient[i] : gradient[i] + decay[i] * parameters[i];
            float u = arguments.Momentum * velocity[i] + g;
            velocity[i] = u;
            parameters[i] -= rate * (arguments.Nesterov == 0 ? u : g + arguments.Momentum * u);
        }
    }

    internal struct StepArguments
    {
        public MemberGrid Grid;
        public int Length;
        public float Momentum;
        public int Decays;
        public int Nesterov;
        public Operand Parameters;
        public Operand Velocity;
        public Operand Gradient;
        public Operand LearningRate;
        public Operand Decay;
    }
}
