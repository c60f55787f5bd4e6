namespace DdmNative.Compute.Contracts;

/// <summary>
/// Stochastic gradient descent with momentum in PyTorch's form: g ← g + λθ; u ← μu + g; θ ← θ − ηu, or θ ← θ − η(g + μu) with Nesterov's
/// momentum. λ is the weight decay of each parameter.
/// </summary>
public abstract class Sgd
{
    /// <summary>
    /// One step. parameters, velocity and gradient [E, 1, P, 1, 1]; learningRate [E or 1, 1, 1, 1, 1] and decay [E or 1, 1, P, 1, 1] are
    /// read when the step runs, so that one recorded plan serves a whole schedule. The gradient itself does not change.
    /// </summary>
    /// <param name="parameters">θ, updated in place.</param>
    /// <param name="velocity">u, updated in place; zero before the first step.</param>
    /// <param name="gradient">g of each member, or one for all.</param>
    /// <param name="learningRate">η of each member, or one for all.</param>
    /// <param name="momentum">μ.</param>
    /// <param name="decay">λ for each parameter, 0 for those that are not decayed; null: 0 for all.</param>
    /// <param name="nesterov">Whether the step is g + μu in place of u.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Step(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum, Tensor? decay = null,
        bool nesterov = false)
    {
        TensorShape shape = parameters.Shape;
        Operands.RequireOutput(velocity, shape);
        Operands.Require(gradient, shape);
        Operands.Require(learningRate, TensorShape.Vector(shape.Members, 1));
        if (decay is not null)
            Operands.Require(decay, shape);
        StepCore(parameters, velocity, gradient, learningRate, momentum, decay, nesterov);
    }

    protected abstract void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum,
        Tensor? decay, bool nesterov);
}
