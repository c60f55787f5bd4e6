namespace DdmNative.Compute.Tests.Reference;

/// <summary>u ← μu + g; θ ← θ − ηu, the results as new tensors.</summary>
internal static class ReferenceSgd
{
    public static (DoubleTensor Parameters, DoubleTensor Velocity) Step(
        DoubleTensor parameters, DoubleTensor velocity, DoubleTensor gradient, DoubleTensor learningRate, double momentum)
    {
        int members = parameters.Shape.Members;
        DoubleTensor nextVelocity = DoubleTensor.Combine(members, momentum, velocity, 1, gradient);
        var nextParameters = new DoubleTensor(parameters.Shape);
        for (int e = 0; e < members; e++)
            for (int i = 0; i < parameters.Shape.Channels; i++)
                nextParameters[e, 0, i] = parameters[e, 0, i] - learningRate[e, 0, 0] * nextVelocity[e, 0, i];
        return (nextParameters, nextVelocity);
    }
}
