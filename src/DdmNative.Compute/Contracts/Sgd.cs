namespace DdmNative.Compute.Contracts;

/// <summary>Stochastic gradient descent with momentum in PyTorch's form: u ← μu + g; θ ← θ − ηu.</summary>
public abstract class Sgd
{
    /// <summary>
    /// One step. parameters, velocity and gradient [E, 1, P, 1, 1]; learningRate [E or 1, 1, 1, 1, 1] is read when the step runs, so that
    /// one recorded plan serves a whole schedule.
    /// </summary>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Step(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum)
    {
        TensorShape shape = parameters.Shape;
        Operands.RequireOutput(velocity, shape);
        Operands.Require(gradient, shape);
        Operands.Require(learningRate, TensorShape.Vector(shape.Members, 1));
        StepCore(parameters, velocity, gradient, learningRate, momentum);
    }

    protected abstract void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum);
}
