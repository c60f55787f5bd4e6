using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>
/// y[e,n,o,r,s] = b[e,o] + Σ W[e,o,i,a,b]·x[e,n,i,rσ+a−p,sσ+b−p] with stride σ, zero outside the image. Tangents are the product rule on
/// the bilinear operations.
/// </summary>
internal static class ReferenceConvolution
{
    public static DoubleTensor Forward(int members, ConvolutionShape shape, DoubleTensor x, DoubleTensor filter, DoubleTensor? bias)
    {
        int samples = x.Shape.Samples;
        var y = new DoubleTensor(new TensorShape(members, samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < samples; n++)
                for (int o = 0; o < shape.OutputChannels; o++)
                    for (int r = 0; r < shape.OutputHeight; r++)
                        for (int s = 0; s < shape.OutputWidth; s++)
                        {
                            double sum = bias is null ? 0 : bias[e, 0, o];
                            for (int i = 0; i < shape.InputChannels; i++)
                                for (int a = 0; a < shape.KernelSize; a++)
                                {
                                    int h = r * shape.Stride + a - shape.Padding;
                                    if (h < 0 || h >= shape.Height)
                                        continue;
                                    int inputRow = x.Index(e, n, i, h, 0);
                                    int filterRow = filter.Index(e, o, i, a, 0);
                                    for (int b = 0; b < shape.KernelSize; b++)
                                    {
                                        int w = s * shape.Stride + b - shape.Padding;
                                        if (w >= 0 && w < shape.Width)
                                            sum += filter.Values[filterRow + b] * x.Values[inputRow + w];
                                    }
                                }
                            y[e, n, o, r, s] = sum;
                        }
        return y;
    }

    public static DoubleTensor ForwardTangent(
        int members, ConvolutionShape shape, DoubleTensor x, DoubleTensor? xTangent, DoubleTensor filter, DoubleTensor filterTangent,
        DoubleTensor? biasTangent)
    {
        DoubleTensor alongParameters = Forward(members, shape, x, filterTangent, biasTangent);
        return xTangent is null
            ? alongParameters
            : DoubleTensor.Combine(members, 1, alongParameters, 1, Forward(members, shape, xTangent, filter, null));
    }

    public static DoubleTensor BackwardData(int members, ConvolutionShape shape, DoubleTensor cotangent, DoubleTensor filter)
    {
        int samples = cotangent.Shape.Samples;
        var result = new DoubleTensor(new TensorShape(members, samples, shape.InputChannels, shape.Height, shape.Width));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < samples; n++)
                for (int o = 0; o < shape.OutputChannels; o++)
                    for (int i = 0; i < shape.InputChannels; i++)
                        for (int r = 0; r < shape.OutputHeight; r++)
                            for (int s = 0; s < shape.OutputWidth; s++)
                            {
                                double delta = cotangent[e, n, o, r, s];
                                for (int a = 0; a < shape.KernelSize; a++)
                                {
                                    int h = r * shape.Stride + a - shape.Padding;
                                    if (h < 0 || h >= shape.Height)
                                        continue;
                                    int resultRow = result.Index(e, n, i, h, 0);
                                    int filterRow = filter.Index(e, o, i, a, 0);
                                    for (int b = 0; b < shape.KernelSize; b++)
                                    {
                                        int w = s * shape.Stride + b - shape.Padding;
                                        if (w >= 0 && w < shape.Width)
                                            result.Values[resultRow + w] += filter.Values[filterRow + b] * delta;
                                    }
                                }
                            }
        return result;
    }

    public static DoubleTensor BackwardDataTangent(
        int members, ConvolutionShape shape, DoubleTensor cotangent, DoubleTensor cotangentTangent, DoubleTensor filter,
        DoubleTensor filterTangent)
        => DoubleTensor.Combine(
            members, 1, BackwardData(members, shape, cotangentTangent, filter), 1, BackwardData(members, shape, cotangent, filterTangent));

    public static (DoubleTensor Filter, DoubleTensor Bias) BackwardFilter(int members, ConvolutionShape shape, DoubleTensor x,
        DoubleTensor cotangent)
    {
        int k = shape.KernelSize;
        var filter = new DoubleTensor(new TensorShape(members, shape.OutputChannels, shape.InputChannels, k, k));
        var bias = new DoubleTensor(TensorShape.Vector(members, shape.OutputChannels));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < x.Shape.Samples; n++)
                for (int o = 0; o < shape.OutputChannels; o++)
                    for (int r = 0; r < shape.OutputHeight; r++)
                        for (int s = 0; s < shape.OutputWidth; s++)
                        {
                            double delta = cotangent[e, n, o, r, s];
                            bias[e, 0, o] += delta;
                            for (int i = 0; i < shape.InputChannels; i++)
                                for (int a = 0; a < k; a++)
                                {
                                    int h = r * shape.Stride + a - shape.Padding;
                                    if (h < 0 || h >= shape.Height)
                                        continue;
                                    int inputRow = x.Index(e, n, i, h, 0);
                                    int filterRow = filter.Index(e, o, i, a, 0);
                                    for (int b = 0; b < k; b++)
                                    {
                                        int w = s * shape.Stride + b - shape.Padding;
                                        if (w >= 0 && w < shape.Width)
                                            filter.Values[filterRow + b] += delta * x.Values[inputRow + w];
                                    }
                                }
                        }
        return (filter, bias);
    }

    public static (DoubleTensor Filter, DoubleTensor Bias) BackwardFilterTangent(
        int members, ConvolutionShape shape, DoubleTensor x, DoubleTensor? xTangent, DoubleTensor cotangent, DoubleTensor cotangentTangent)
    {
        (DoubleTensor filter, DoubleTensor bias) = BackwardFilter(members, shape, x, cotangentTangent);
        return xTangent is null
            ? (filter, bias)
            : (DoubleTensor.Combine(members, 1, filter, 1, BackwardFilter(members, shape, xTangent, cotangent).Filter), bias);
    }
}
