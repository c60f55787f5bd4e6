// Adam in PyTorch's form: m ← β₁m + (1−β₁)g; s ← β₂s + (1−β₂)g²; x ← x − η/(1−β₁ᵗ) · m / (√(s/(1−β₂ᵗ)) + ε).
//
// Shapes: x, m, s [E, L], updated in place; g [E or 1, L]; corrections [2] = η/(1−β₁ᵗ), 1/(1−β₂ᵗ), read when the step runs.
// Memory: x, m and s are read and assigned; each float is moved once. Elementwise.cuh describes the grid.
// Intensity: 7 floats moved for about 14 flops, 0.5 flops per byte. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void adam(
    float* values, float* first_moment, float* second_moment, const float* gradient, long long gradient_member, const float* corrections,
    float beta1, float beta2, float epsilon, long long length, int blocks)
{
    float step = corrections[0], second_correction = corrections[1];
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        long long own = member * length + offset;
        Lanes<V> x = fetch<V>(values + own), m = fetch<V>(first_moment + own), s = fetch<V>(second_moment + own);
        Lanes<V> g = fetch<V>(gradient + member * gradient_member + offset);
        m = lane_by_lane<V>([&](int w) { return fma(beta1, m.at[w], (1.0f - beta1) * g.at[w]); });
        s = lane_by_lane<V>([&](int w) { return fma(beta2, s.at[w], (1.0f - beta2) * g.at[w] * g.at[w]); });
        store<V>(first_moment + own, m);
        store<V>(second_moment + own, s);
        store<V>(values + own, lane_by_lane<V>([&](int w) {
            return x.at[w] - divide(step * m.at[w], sqrt(s.at[w] * second_correction) + epsilon);
        }));
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) adam_step_vector(
    float* values, float* first_moment, float* second_moment, const float* gradient, long long gradient_member, const float* corrections,
    float beta1, float beta2, float epsilon, long long length, int blocks)
{
    ddm::adam<4>(values, first_moment, second_moment, gradient, gradient_member, corrections, beta1, beta2, epsilon, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) adam_step_scalar(
    float* values, float* first_moment, float* second_moment, const float* gradient, long long gradient_member, const float* corrections,
    float beta1, float beta2, float epsilon, long long length, int blocks)
{
    ddm::adam<1>(values, first_moment, second_moment, gradient, gradient_member, corrections, beta1, beta2, epsilon, length, blocks);
}
