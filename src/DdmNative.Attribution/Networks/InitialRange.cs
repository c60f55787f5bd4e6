namespace DdmNative.Attribution.Networks;

/// <summary>
/// The initial values of a parameter tensor: uniform in [Centre − Radius, Centre + Radius), or the constant Centre if the radius is zero.
/// </summary>
public readonly record struct InitialRange(float Centre, float Radius)
{
    /// <summary>The initial value of a norm's scale.</summary>
    public static InitialRange One => new(1, 0);

    /// <summary>The initial value of a norm's shift.</summary>
    public static InitialRange Zero => new(0, 0);

    /// <summary>
    /// PyTorch's default for the weight and the bias of convolutions and linear layers: kaiming_uniform with a = √5, which is U(±1/√fan_in)
    /// (torch.nn.modules.conv, torch.nn.modules.linear: reset_parameters).
    /// </summary>
    public static InitialRange ForFanIn(int fanIn) => new(0, (float)(1 / Math.Sqrt(fanIn)));
}
