using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>Adam as the paper writes it (Kingma and Ba 2015, Algorithm 1), with bias-corrected moments spelled out.</summary>
internal static class ReferenceAdam
{
    public static (DoubleTensor Values, DoubleTensor First, DoubleTensor Second) Step(
        AdamOptions options, int step, DoubleTensor values, DoubleTensor first, DoubleTensor second, DoubleTensor gradient)
    {
        int members = values.Shape.Members;
        DoubleTensor nextFirst = DoubleTensor.Combine(members, options.Beta1, first, 1.0 - options.Beta1, gradient);
        var squared = new DoubleTensor(gradient.Shape);
        for (int i = 0; i < squared.Values.Length; i++)
            squared.Values[i] = gradient.Values[i] * gradient.Values[i];
        DoubleTensor nextSecond = DoubleTensor.Combine(members, options.Beta2, second, 1.0 - options.Beta2, squared);
        var nextValues = new DoubleTensor(values.Shape);
        for (int i = 0; i < values.Values.Length; i++)
        {
            double correctedFirst = nextFirst.Values[i] / (1 - Math.Pow(options.Beta1, step));
            double correctedSecond = nextSecond.Values[i] / (1 - Math.Pow(options.Beta2, step));
            nextValues.Values[i] = values.Values[i] - options.LearningRate
                * correctedFirst / (Math.Sqrt(correctedSecond) + options.Epsilon);
        }
        return (nextValues, nextFirst, nextSecond);
    }
}
