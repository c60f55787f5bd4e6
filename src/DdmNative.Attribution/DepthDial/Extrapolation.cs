using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// Extrapolates from two depths towards exact retraining: frozen features still contain the left-out group, so that effects are too small,
/// and the smaller the fewer layers are retrained.
/// </summary>
public static class Extrapolation
{
    /// <summary>2·deeper − shallower, e.g. 2·block − head: one more step of the same size.</summary>
    /// <exception cref="ArgumentException">The matrices have different objectives or groups.</exception>
    public static AttributionMatrix Linear(AttributionMatrix deeper, AttributionMatrix shallower)
        => AttributionMatrix.Combine(2, deeper, -1, shallower);
}
