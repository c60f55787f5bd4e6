namespace DdmNative.Attribution.Networks;

/// <summary>The nonlinearity of a network.</summary>
public enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·Φ(x) (Hendrycks and Gimpel 2016), which is smooth.</summary>
    Gelu,
}
