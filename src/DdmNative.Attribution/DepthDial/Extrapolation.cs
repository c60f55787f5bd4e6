using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.DepthDial;

/// <summary>
/// From two depths towards exact retraining: frozen features still contain the left-out group, so that effects come out too small, the smaller the
/// fewer layers are retrained.
/// </summary>
public static class Extrapolation
{
    /// <summary>2·deeper − shallower, e.g. 2·block − head: one more step of the same size.</summary>
    /// <exception cref="ArgumentException">The matrices are of other objectives or groups.</exception>
    public static AttributionMatrix Linear(AttributionMatrix deeper, AttributionMatrix shallower) => AttributionMatrix.Combine(2, deeper, -1, shallower);
}
