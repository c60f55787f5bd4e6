using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Dropout.cu: a thread for four channels of a pixel.</summary>
internal sealed class CudaDropout(CudaDevice device) : Dropout
{
    private const int Threads = 256;
    private const int Together = 4;

    protected override void ApplyCore(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y)
    {
        TensorShape shape = y.Shape;
        (int pixels, int groups) = (shape.Height * shape.Width, (shape.Channels + Together - 1) / Together);
        int threads = KernelLimits.Require("dropout", "the images", (long)shape.Samples * pixels * groups);
        int blocks = (threads + Threads - 1) / Threads;
        string kernel = $"dropout_apply_{(shape.Channels % Together == 0 ? "vector" : "scalar")}";
        device.Launch(new(kernel, new Dim3(checked(shape.Members * blocks)), new Dim3(Threads)),
            new KernelArguments().Operand(x).Operand(keys).Result(y)
            .Int((int)(uint)seed).Int((int)(uint)(seed >> 32)).Int((int)LastWord(layer)).Int((int)Threshold(rate)).Float(Scale(rate))
            .Int(shape.Samples).Int(pixels).Int(shape.Channels).Int(blocks));
    }
}
