// y = αa + βb elementwise; the _scale kernels compute y = αa without reading b, so that a copy (α = 1) is exact for any contents of b.
//
// Shapes: a, b [E or 1, L], y [E, L]. y may be a or b: a thread reads its elements before it writes them.
// Memory: y is assigned (=); each float is moved once. Elementwise.cuh describes the grid.
// Intensity: 3 floats moved for 3 flops, 0.25 flops per byte. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void combine(
    float alpha, const float* a, long long a_member, float beta, const float* b, long long b_member, float* y, long long length, int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        Lanes<V> first = fetch<V>(a + member * a_member + offset), second = fetch<V>(b + member * b_member + offset);
        store<V>(y + member * length + offset, lane_by_lane<V>([&](int w) { return fma(beta, second.at[w], alpha * first.at[w]); }));
    });
}

template <int W>
__device__ __forceinline__ void scale(float alpha, const float* a, long long a_member, float* y, long long length, int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        Lanes<V> first = fetch<V>(a + member * a_member + offset);
        store<V>(y + member * length + offset, lane_by_lane<V>([&](int w) { return alpha * first.at[w]; }));
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) linear_combination_sum_vector(
    float alpha, const float* a, long long a_member, float beta, const float* b, long long b_member, float* y, long long length, int blocks)
{
    ddm::combine<4>(alpha, a, a_member, beta, b, b_member, y, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) linear_combination_sum_scalar(
    float alpha, const float* a, long long a_member, float beta, const float* b, long long b_member, float* y, long long length, int blocks)
{
    ddm::combine<1>(alpha, a, a_member, beta, b, b_member, y, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) linear_combination_scale_vector(
    float alpha, const float* a, long long a_member, float* y, long long length, int blocks)
{
    ddm::scale<4>(alpha, a, a_member, y, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) linear_combination_scale_scalar(
    float alpha, const float* a, long long a_member, float* y, long long length, int blocks)
{
    ddm::scale<1>(alpha, a, a_member, y, length, blocks);
}
