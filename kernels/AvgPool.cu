// The mean of each window of a pool without padding; linear, so that the same kernels serve tangents.
//
//     forward  y = pool(x)        backward  δx = poolᵀ(δ)
//
// Shapes: x [E, N, H, W, C] → y [E, N, H′, W′, C]. Window (i, j) begins at row i·stride and column j·stride.
// Every operand that is read is passed with its number of floats between members (0: shared).
// Memory: results are assigned (=). A float is read once for every window that holds it, after the first time from the caches, and written
// once.
// Tiling: a thread processes four channels (16-byte accesses; one channel if the channels are not a multiple of four) of one window forward
// and of one pixel backward. Adjacent threads process adjacent channels. Sums are in row-major order, of pixels and of windows.
// Intensity: one addition per float read, 0.25 flops per byte. Target bound: memory bandwidth.
#include "PoolWindow.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void mean(
    const float* x, long long x_member, float* y, int samples, int height, int width, int channels, int window_height, int window_width,
    int stride, int pooled_height, int pooled_width, int blocks)
{
    Window<W> at(blocks, samples, pooled_height, pooled_width, channels);
    if (!at.exists)
        return;
    int row = width * channels;
    const float* corner = x + at.member * x_member + static_cast<long long>(at.sample) * height * row + at.row * stride * row
        + at.column * stride * channels + at.channel;
    Lanes<W> total = fill<W>(0.0f);
    for (int i = 0; i < window_height; i++)
        for (int j = 0; j < window_width; j++) {
            Lanes<W> value = fetch<W>(corner + i * row + j * channels);
            total = lane_by_lane<W>([&](int w) { return total.at[w] + value.at[w]; });
        }
    float share = divide(1.0f, static_cast<float>(window_height) * static_cast<float>(window_width));
    float* target = y + (((static_cast<long long>(at.member) * samples + at.sample) * pooled_height + at.row) * pooled_width + at.column)
        * channels + at.channel;
    store<W>(target, lane_by_lane<W>([&](int w) { return share * total.at[w]; }));
}

template <int W>
__device__ __forceinline__ void spread(
    const float* cotangent, long long cotangent_member, float* x_cotangent, int samples, int height, int width, int channels,
    int window_height, int window_width, int stride, int pooled_height, int pooled_width, int blocks)
{
    Window<W> at(blocks, samples, height, width, channels);
    if (!at.exists)
        return;
    const float* source = cotangent + at.member * cotangent_member
        + static_cast<long long>(at.sample) * pooled_height * pooled_width * channels + at.channel;
    Run rows(at.row, window_height, stride, pooled_height), columns(at.column, window_width, stride, pooled_width);
    Lanes<W> total = fill<W>(0.0f);
    for (int i = rows.first; i < rows.end; i++)
        for (int j = columns.first; j < columns.end; j++) {
            Lanes<W> delta = fetch<W>(source + (i * pooled_width + j) * channels);
            total = lane_by_lane<W>([&](int w) { return total.at[w] + delta.at[w]; });
        }
    float share = divide(1.0f, static_cast<float>(window_height) * static_cast<float>(window_width));
    float* target = x_cotangent + (((static_cast<long long>(at.member) * samples + at.sample) * height + at.row) * width + at.column)
        * channels + at.channel;
    store<W>(target, lane_by_lane<W>([&](int w) { return share * total.at[w]; }));
}

} // namespace ddm

// By default ptxas spills in the backward kernels to fit six or eight blocks on a multiprocessor; the launch bounds request four.
#define DDM_POOL(NAME, W)                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(256) avg_pool_forward_##NAME(                                                            \
        const float* x, long long x_member, float* y, int samples, int height, int width, int channels, int window_height,                \
        int window_width, int stride, int pooled_height, int pooled_width, int blocks)                                                    \
    {                                                                                                                                     \
        ddm::mean<W>(x, x_member, y, samples, height, width, channels, window_height, window_width, stride, pooled_height, pooled_width,  \
            blocks);                                                                                                                      \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256, 4) avg_pool_backward_##NAME(                                                        \
        const float* cotangent, long long cotangent_member, float* x_cotangent, int samples, int height, int width, int channels,         \
        int window_height, int window_width, int stride, int pooled_height, int pooled_width, int blocks)                                 \
    {                                                                                                                                     \
        ddm::spread<W>(cotangent, cotangent_member, x_cotangent, samples, height, width, channels, window_height, window_width, stride,   \
            pooled_height, pooled_width, blocks);                                                                                         \
    }

DDM_POOL(vector, 4)
DDM_POOL(scalar, 1)
