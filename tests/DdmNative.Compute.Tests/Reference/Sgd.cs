namespace DdmNative.Compute.Tests.Reference;

/// <summary>g ← g + λθ; u ← μu + g; θ ← θ − ηu or θ − η(g + μu), the results as new tensors.</summary>
internal static class ReferenceSgd
{
    public static (DoubleTensor Parameters, DoubleTensor Velocity) Step(
        DoubleTensor parameters, DoubleTensor velocity, DoubleTensor gradient, DoubleTensor learningRate, double momentum,
        DoubleTensor? decay = null, bool nesterov = false)
    {
        (var nextParameters, var nextVelocity) = (new DoubleTensor(parameters.Shape), new DoubleTensor(parameters.Shape));
        for (int e = 0; e < parameters.Shape.Members; e++)
            for (int i = 0; i < parameters.Shape.Channels; i++)
            {
                double slope = gradient[e, 0, i] + (decay is null ? 0 : decay[e, 0, i] * parameters[e, 0, i]);
                double next = momentum * velocity[e, 0, i] + slope;
                nextVelocity[e, 0, i] = next;
                nextParameters[e, 0, i] = parameters[e, 0, i] - learningRate[e, 0, 0] * (nesterov ? slope + momentum * next : next);
            }
        return (nextParameters, nextVelocity);
    }
}
