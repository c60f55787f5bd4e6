// Stochastic gradient descent with momentum in PyTorch's form: u ← μu + g; θ ← θ − ηu.
//
// Shapes: θ, u [E, P], updated in place; g [E or 1, P]; η [E or 1], read when the step runs, so that one captured graph is enough for a
// whole schedule.
// Memory: θ and u are read and assigned; each float is moved once. Elementwise.cuh describes the grid.
// Intensity: 5 floats moved for 4 flops, 0.2 flops per byte. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void sgd(
    float* parameters, float* velocity, const float* gradient, long long gradient_member, const float* rate, long long rate_member,
    float momentum,
    long long length, int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        float eta = rate[member * rate_member];
        long long own = member * length + offset;
        Lanes<V> theta = fetch<V>(parameters + own), u = fetch<V>(velocity + own),
        g = fetch<V>(gradient + member * gradient_member + offset);
        u = lane_by_lane<V>([&](int w) { return fma(momentum, u.at[w], g.at[w]); });
        store<V>(velocity + own, u);
        store<V>(parameters + own, lane_by_lane<V>([&](int w) { return fma(-eta, u.at[w], theta.at[w]); }));
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) sgd_step_vector(
    float* parameters, float* velocity, const float* gradient, long long gradient_member, const float* rate, long long rate_member,
    float momentum,
    long long length, int blocks)
{
    ddm::sgd<4>(parameters, velocity, gradient, gradient_member, rate, rate_member, momentum, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) sgd_step_scalar(
    float* parameters, float* velocity, const float* gradient, long long gradient_member, const float* rate, long long rate_member,
    float momentum,
    long long length, int blocks)
{
    ddm::sgd<1>(parameters, velocity, gradient, gradient_member, rate, rate_member, momentum, length, blocks);
}
