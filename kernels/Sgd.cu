// Stochastic gradient descent with momentum in PyTorch's form: g ← g + λθ; u ← μu + g; θ ← θ − ηu, or θ ← θ − η(g + μu) with Nesterov's
// momentum.
//
// Shapes: θ, u [E, P], updated in place; g [E or 1, P]; η [E or 1] and λ [E or 1, P] (or absent: 0), read when the step runs, so that one
// captured graph is enough for a whole schedule.
// Memory: θ and u are read and assigned; each float is moved once. Elementwise.cuh describes the grid.
// Intensity: 5 floats moved for 4 flops, 6 for 6 with decay, 0.2 flops per byte. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void sgd(
    float* parameters, float* velocity, const float* gradient, long long gradient_member, const float* rate, long long rate_member,
    const float* decay, long long decay_member, float momentum, int nesterov, long long length, int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        float eta = rate[member * rate_member];
        long long own = member * length + offset;
        Lanes<V> theta = fetch<V>(parameters + own), u = fetch<V>(velocity + own),
        g = fetch<V>(gradient + member * gradient_member + offset);
        if (decay) {
            Lanes<V> lambda = fetch<V>(decay + member * decay_member + offset);
            g = lane_by_lane<V>([&](int w) { return fma(lambda.at[w], theta.at[w], g.at[w]); });
        }
        u = lane_by_lane<V>([&](int w) { return fma(momentum, u.at[w], g.at[w]); });
        store<V>(velocity + own, u);
        if (nesterov)
            u = lane_by_lane<V>([&](int w) { return fma(momentum, u.at[w], g.at[w]); });
        store<V>(parameters + own, lane_by_lane<V>([&](int w) { return fma(-eta, u.at[w], theta.at[w]); }));
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) sgd_step_vector(
    float* parameters, float* velocity, const float* gradient, long long gradient_member, const float* rate, long long rate_member,
    const float* decay, long long decay_member, float momentum, int nesterov, long long length, int blocks)
{
    ddm::sgd<4>(parameters, velocity, gradient, gradient_member, rate, rate_member, decay, decay_member, momentum, nesterov, length,
        blocks);
}

extern "C" __global__ void __launch_bounds__(256) sgd_step_scalar(
    float* parameters, float* velocity, const float* gradient, long long gradient_member, const float* rate, long long rate_member,
    const float* decay, long long decay_member, float momentum, int nesterov, long long length, int blocks)
{
    ddm::sgd<1>(parameters, velocity, gradient, gradient_member, rate, rate_member, decay, decay_member, momentum, nesterov, length,
        blocks);
}
