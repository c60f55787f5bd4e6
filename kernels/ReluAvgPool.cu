// ReLU followed by a mean over non-overlapping window × window squares, fused; linear for a given mask of the primal, so that the tangents
// use the same map.
//
//     forward  y = pool(max(x, 0))        forward tangent  ẏ = pool(1[x > 0]·ẋ)        backward  δx = 1[x > 0]·poolᵀ(δ)
//
// Shapes: x [E, N, H, W, C] → y [E, N, H/window, W/window, C]; rows and columns that do not fill a window are dropped, and their cotangent
// is 0.
// Every operand that is read is passed with its number of floats between members (0: shared).
// Memory: results are assigned (=). Each float is read once and written once; the masked image is never stored.
// Tiling: a thread processes one window of four channels (16-byte accesses; one channel if the channels are not a multiple of four);
// adjacent threads process adjacent channels, so that a warp's access is one run of 512 bytes. Window 2, which the networks use, is
// unrolled: its four reads are in flight together.
// Intensity: window² + 1 floats moved for window² additions and comparisons, ≤ 0.5 flops per byte. Target bound: memory bandwidth.
#include "PoolWindow.cuh"

namespace ddm {

// y = pool(1[x > 0]·values); if HasValues is false, the values are x.
template <int W, int Fixed, bool HasValues>
__device__ __forceinline__ void pool(
    const float* x, long long x_member, const float* values, long long values_member, float* y,
    int samples, int height, int width, int channels, int given_window, int blocks)
{
    int window = Fixed > 0 ? Fixed : given_window;
    int pooled_height = height / window, pooled_width = width / window;
    Window<W> at(blocks, samples, pooled_height, pooled_width, channels);
    if (!at.exists)
        return;
    long long row = static_cast<long long>(width) * channels;
    long long corner = (static_cast<long long>(at.sample) * height + at.row * window) * row + at.column * window * channels + at.channel;
    const float* mask = x + at.member * x_member + corner;
    const float* source = HasValues ? values + at.member * values_member + corner : mask;
    Lanes<W> sum = fill<W>(0.0f);
    auto add = [&](int i, int j) {
        long long offset = i * row + j * channels;
        Lanes<W> gate = fetch<W>(mask + offset), value = gate;
        if constexpr (HasValues)
            value = fetch<W>(source + offset);
        sum = lane_by_lane<W>([&](int w) { return sum.at[w] + (gate.at[w] > 0.0f ? value.at[w] : 0.0f); });
    };
    if constexpr (Fixed > 0) {
#pragma unroll
        for (int i = 0; i < Fixed; i++)
#pragma unroll
            for (int j = 0; j < Fixed; j++)
                add(i, j);
    } else {
        for (int i = 0; i < window; i++)
            for (int j = 0; j < window; j++)
                add(i, j);
    }
    float share = divide(1.0f, static_cast<float>(window * window));
    float* target = y + (((static_cast<long long>(at.member) * samples + at.sample) * pooled_height + at.row) * pooled_width + at.column)
        * channels + at.channel;
    store<W>(target, lane_by_lane<W>([&](int w) { return share * sum.at[w]; }));
}

template <int W, int Fixed>
__device__ __forceinline__ void spread(
    const float* x, long long x_member, const float* cotangent, long long cotangent_member, float* x_cotangent,
    int samples, int height, int width, int channels, int given_window, int blocks)
{
    int window = Fixed > 0 ? Fixed : given_window;
    int pooled_height = height / window, pooled_width = width / window;
    Window<W> at(blocks, samples, (height + window - 1) / window, (width + window - 1) / window, channels);
    if (!at.exists)
        return;
    long long row = static_cast<long long>(width) * channels;
    long long corner = (static_cast<long long>(at.sample) * height + at.row * window) * row + at.column * window * channels + at.channel;
    const float* mask = x + at.member * x_member + corner;
    float* target = x_cotangent + static_cast<long long>(at.member) * samples * height * row + corner;
    if (at.row >= pooled_height || at.column >= pooled_width) {
        for (int i = at.row * window; i < height && i < (at.row + 1) * window; i++)
            for (int j = at.column * window; j < width && j < (at.column + 1) * window; j++)
                store<W>(target + (i - at.row * window) * row + (j - at.column * window) * channels, fill<W>(0.0f));
        return;
    }
    const float* source = cotangent + at.member * cotangent_member
        + ((static_cast<long long>(at.sample) * pooled_height + at.row) * pooled_width + at.column) * channels + at.channel;
    float share = divide(1.0f, static_cast<float>(window * window));
    Lanes<W> delta = fetch<W>(source);
    delta = lane_by_lane<W>([&](int w) { return share * delta.at[w]; });
    if constexpr (Fixed > 0) {
        Lanes<W> gates[Fixed * Fixed];
#pragma unroll
        for (int i = 0; i < Fixed; i++)
#pragma unroll
            for (int j = 0; j < Fixed; j++)
                gates[i * Fixed + j] = fetch<W>(mask + i * row + j * channels);
#pragma unroll
        for (int i = 0; i < Fixed; i++)
#pragma unroll
            for (int j = 0; j < Fixed; j++)
                store<W>(target + i * row + j * channels,
                    lane_by_lane<W>([&](int w) { return gates[i * Fixed + j].at[w] > 0.0f ? delta.at[w] : 0.0f; }));
    } else {
        for (int i = 0; i < window; i++)
            for (int j = 0; j < window; j++) {
                Lanes<W> gate = fetch<W>(mask + i * row + j * channels);
                store<W>(target + i * row + j * channels, lane_by_lane<W>([&](int w) { return gate.at[w] > 0.0f ? delta.at[w] : 0.0f; }));
            }
    }
}

} // namespace ddm

#define DDM_POOL(NAME, W, FIXED, BOUNDS)                                                                                                  \
    extern "C" __global__ void __launch_bounds__ BOUNDS relu_avg_pool_forward_##NAME(                                                     \
        const float* x, long long x_member, float* y, int samples, int height, int width, int channels, int window, int blocks)           \
    {                                                                                                                                     \
        ddm::pool<W, FIXED, false>(x, x_member, x, x_member, y, samples, height, width, channels, window, blocks);                        \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__ BOUNDS relu_avg_pool_forward_tangent_##NAME(                                             \
        const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, float* y_tangent, int samples,            \
        int height, int width, int channels, int window, int blocks)                                                                      \
    {                                                                                                                                     \
        ddm::pool<W, FIXED, true>(x, x_member, x_tangent, x_tangent_member, y_tangent, samples, height, width, channels, window, blocks); \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__ BOUNDS relu_avg_pool_backward_##NAME(                                                    \
        const float* x, long long x_member, const float* cotangent, long long cotangent_member, float* x_cotangent, int samples,          \
        int height, int width, int channels, int window, int blocks)                                                                      \
    {                                                                                                                                     \
        ddm::spread<W, FIXED>(x, x_member, cotangent, cotangent_member, x_cotangent, samples, height, width, channels, window, blocks);   \
    }

// A module for windows of two and one for all others, as listed in CMakeLists.txt.
#ifdef DDM_POOL_WINDOW2
DDM_POOL(window2_vector, 4, 2, (256))
DDM_POOL(window2_scalar, 1, 2, (256))
#else
// If the window is not a constant, ptxas spills by default to fit a sixth or an eighth block; the launch bounds request four, and three for
// one channel a thread, whose loops clang unrolls further.
DDM_POOL(any_vector, 4, 0, (256, 4))
DDM_POOL(any_scalar, 1, 0, (256, 3))
#endif
