// Moves and mirrors images, each by its own amount: y[e, n, c, h, w] = x[e, n, c, h + dy, w′ + dx], zero outside the image, with w′ = w, or
// W − 1 − w if the image is flipped.
//
// Shapes: x [E or 1, N, H, W, C], moves [E or 1, N, 3] (dy, dx, flip) as float32, y [E, N, H, W, C]. Moves are read when the kernel runs.
// Memory: y is assigned (=); each float is moved once.
// Tiling: a thread copies four channels of one pixel (16-byte accesses) if the channels are a multiple of four, otherwise one; a batch's
// pixels are consecutive over the member's blocks.
// Intensity: none. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

// The integer part; the nearest integer if it has no 32 bits, and 0 for NaN, where a cast has no defined value.
__device__ __forceinline__ int truncate(float value)
{
    int whole;
    asm("cvt.rzi.s32.f32 %0, %1;" : "=r"(whole) : "f"(value));
    return whole;
}

template <int W>
__device__ __forceinline__ void crop_flip(
    const float* x, long long x_member, const float* moves, long long moves_member, float* y, int samples, int height, int width,
    int channels, int blocks)
{
    int row = width * channels, length = height * row;
    elementwise<W>(static_cast<long long>(samples) * length, blocks, [&](auto lanes, int member, long long offset) {
        constexpr int V = decltype(lanes)::Value;
        int sample = static_cast<int>(offset / length);
        int place = static_cast<int>(offset - static_cast<long long>(sample) * length);
        int h = place / row, column = (place - h * row) / channels, channel = place - h * row - column * channels;
        const float* move = moves + member * moves_member + 3ll * sample;
        if (move[2] != 0.0f)
            column = width - 1 - column;
        // A sum that overflows is outside the image: without a sign it is larger than any row or column.
        unsigned from_row = static_cast<unsigned>(h) + static_cast<unsigned>(truncate(move[0]));
        unsigned from_column = static_cast<unsigned>(column) + static_cast<unsigned>(truncate(move[1]));
        Lanes<V> value = fill<V>(0.0f);
        if (from_row < static_cast<unsigned>(height) && from_column < static_cast<unsigned>(width))
            value = fetch<V>(x + member * x_member + static_cast<long long>(sample) * length + from_row * row + from_column * channels
                + channel);
        store<V>(y + static_cast<long long>(member) * samples * length + offset, value);
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) crop_flip_vector(
    const float* x, long long x_member, const float* moves, long long moves_member, float* y, int samples, int height, int width,
    int channels, int blocks)
{
    ddm::crop_flip<4>(x, x_member, moves, moves_member, y, samples, height, width, channels, blocks);
}

extern "C" __global__ void __launch_bounds__(256) crop_flip_scalar(
    const float* x, long long x_member, const float* moves, long long moves_member, float* y, int samples, int height, int width,
    int channels, int blocks)
{
    ddm::crop_flip<1>(x, x_member, moves, moves_member, y, samples, height, width, channels, blocks);
}
