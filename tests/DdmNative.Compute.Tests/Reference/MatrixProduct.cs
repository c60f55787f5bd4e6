namespace DdmNative.Compute.Tests.Reference;

/// <summary>
/// y[e,n,o] = b[e,o] + Σᵢ W[e,o,i]·x[e,n,i], with W held as [E, O, I, 1, 1]. Tangents are the product rule on the bilinear operations.
/// </summary>
internal static class ReferenceMatrixProduct
{
    public static DoubleTensor Forward(int members, DoubleTensor x, DoubleTensor weight, DoubleTensor? bias)
    {
        (int samples, int inputs, int outputs) = (x.Shape.Samples, x.Shape.Channels, weight.Shape.Samples);
        var y = new DoubleTensor(new TensorShape(members, samples, outputs));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < samples; n++)
                for (int o = 0; o < outputs; o++)
                {
                    double sum = bias is null ? 0 : bias[e, 0, o];
                    for (int i = 0; i < inputs; i++)
                        sum += weight[e, o, i] * x[e, n, i];
                    y[e, n, o] = sum;
                }
        return y;
    }

    public static DoubleTensor ForwardTangent(
        int members, DoubleTensor x, DoubleTensor? xTangent, DoubleTensor weight, DoubleTensor weightTangent, DoubleTensor? biasTangent)
    {
        DoubleTensor alongParameters = Forward(members, x, weightTangent, biasTangent);
        return xTangent is null ? alongParameters
            : DoubleTensor.Combine(members, 1, alongParameters, 1, Forward(members, xTangent, weight, null));
    }

    public static DoubleTensor BackwardData(int members, DoubleTensor cotangent, DoubleTensor weight)
    {
        (int samples, int inputs, int outputs) = (cotangent.Shape.Samples, weight.Shape.Channels, weight.Shape.Samples);
        var result = new DoubleTensor(new TensorShape(members, samples, inputs));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < samples; n++)
                for (int o = 0; o < outputs; o++)
                    for (int i = 0; i < inputs; i++)
                        result[e, n, i] += cotangent[e, n, o] * weight[e, o, i];
        return result;
    }

    public static DoubleTensor BackwardDataTangent(
        int members, DoubleTensor cotangent, DoubleTensor cotangentTangent, DoubleTensor weight, DoubleTensor weightTangent)
        => DoubleTensor.Combine(members, 1, BackwardData(members, cotangentTangent, weight), 1,
            BackwardData(members, cotangent, weightTangent));

    public static (DoubleTensor Weight, DoubleTensor Bias) BackwardWeight(int members, DoubleTensor x, DoubleTensor cotangent)
    {
        (int samples, int inputs, int outputs) = (x.Shape.Samples, x.Shape.Channels, cotangent.Shape.Channels);
        var weight = new DoubleTensor(new TensorShape(members, outputs, inputs));
        var bias = new DoubleTensor(TensorShape.Vector(members, outputs));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < samples; n++)
                for (int o = 0; o < outputs; o++)
                {
                    bias[e, 0, o] += cotangent[e, n, o];
                    for (int i = 0; i < inputs; i++)
                        weight[e, o, i] += cotangent[e, n, o] * x[e, n, i];
                }
        return (weight, bias);
    }

    public static (DoubleTensor Weight, DoubleTensor Bias) BackwardWeightTangent(
        int members, DoubleTensor x, DoubleTensor? xTangent, DoubleTensor cotangent, DoubleTensor cotangentTangent)
    {
        (DoubleTensor weight, DoubleTensor bias) = BackwardWeight(members, x, cotangentTangent);
        return xTangent is null
            ? (weight, bias)
            : (DoubleTensor.Combine(members, 1, weight, 1, BackwardWeight(members, xTangent, cotangent).Weight), bias);
    }
}
