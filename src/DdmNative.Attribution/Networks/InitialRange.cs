using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The initial values of a parameter tensor: uniform in [Centre − Radius, Centre + Radius), or normal with mean Centre and deviation
/// Radius, or the constant Centre if the radius is zero.
/// </summary>
public readonly record struct InitialRange(float Centre, float Radius)
{
    /// <summary>Whether the values are normal instead of uniform.</summary>
    public bool IsNormal { get; init; }

    /// <summary>The initial value of a norm's scale.</summary>
    public static InitialRange One => new(1, 0);

    /// <summary>The initial value of a norm's shift.</summary>
    public static InitialRange Zero => new(0, 0);

    /// <summary>
    /// PyTorch's default for the weight and the bias of convolutions and linear layers: kaiming_uniform with a = √5, which is U(±1/√fan_in)
    /// (torch.nn.modules.conv, torch.nn.modules.linear: reset_parameters).
    /// </summary>
    public static InitialRange ForFanIn(int fanIn) => new(0, (float)(1 / Math.Sqrt(fanIn)));

    /// <summary>
    /// kaiming_normal by fan_out for a ReLU, N(0, 2/fan_out) (He et al. 2015): torchvision's choice for the convolutions of a ResNet.
    /// </summary>
    public static InitialRange ForFanOut(int fanOut) => new(0, (float)Math.Sqrt(2.0 / fanOut)) { IsNormal = true };

    /// <summary>The value of parameter <paramref name="position"/> of a network.</summary>
    internal float Value(ulong seed, uint stream, ulong position)
    {
        if (Radius == 0)
            return Centre;
        float uniform = Philox.Uniform(seed, stream, position);
        if (!IsNormal)
            return Centre + Radius * (2 * uniform - 1);
        // Box–Muller; the second number comes from a stream that no initialisation uses.
        double angle = 2 * Math.PI * Philox.Uniform(seed, stream | 0x8000_0000, position);
        return Centre + (float)(Radius * Math.Sqrt(-2 * Math.Log(1 - (double)uniform)) * Math.Cos(angle));
    }
}
