using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The formula of <see cref="Contracts.Sgd"/> for sixteen parameters, which every kernel that updates parameters uses: g ← g + λθ; u ← μu +
/// g; θ ← θ − ηu, or θ ← θ − η(g + μu).
/// </summary>
internal readonly unsafe struct MomentumStep(float learningRate, float momentum, bool nesterov)
{
    private readonly Vector16 _rate = Vector16.Create(-learningRate);
    private readonly Vector16 _momentum = Vector16.Create(momentum);
    private readonly bool _nesterov = nesterov;

    /// <summary>Updates the parameters and the velocity at these addresses; a null <paramref name="decay"/> is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply<TLanes>(Vector16 gradient, float* theta, float* velocity, float* decay, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        Vector16 values = TLanes.Load(theta, lanes);
        if (decay is not null)
            gradient = Vector16.MultiplyAdd(TLanes.Load(decay, lanes), values, gradient);
        Vector16 step = Vector16.MultiplyAdd(_momentum, TLanes.Load(velocity, lanes), gradient);
        TLanes.Store(step, velocity, lanes);
        if (_nesterov)
            step = Vector16.MultiplyAdd(_momentum, step, gradient);
        TLanes.Store(Vector16.MultiplyAdd(_rate, step, values), theta, lanes);
    }
}
