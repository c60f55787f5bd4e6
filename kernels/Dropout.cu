// Inverted dropout: y = x·m/(1 − rate), where the mask m is a function of (seed, layer, sample, step, element) only, with identical bits on
// every backend. Contracts/Dropout.cs says how Philox's counter is formed: one call gives the words of four channels of a pixel.
//
// Shapes: x [E or 1, N, P, C] → y [E, N, P, C], where P = H·W; keys [E or 1, N, 2] = each sample's number and the training step, read when
// the kernel runs.
// Memory: y is assigned (=) and may be x; each float is moved once.
// Tiling: a thread processes four channels of a pixel: 16-byte accesses if the channels are a multiple of four, otherwise single floats.
// Intensity: 20 wide multiplications for 32 bytes moved. Target bound: memory bandwidth, close to integer arithmetic.
#include "ColumnTile.cuh"
#include "Philox.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void drop(
    const float* x, long long x_member, const float* keys, long long keys_member, float* y, unsigned seed_low, unsigned seed_high,
    unsigned last_word, unsigned threshold, float scale, int samples, int pixels, int channels, int blocks)
{
    constexpr int Together = 4;
    int groups = (channels + Together - 1) / Together;
    int member = blockIdx.x / blocks;
    int place = (blockIdx.x - member * blocks) * blockDim.x + threadIdx.x;
    int group = place % groups;
    place /= groups;
    int pixel = place % pixels;
    int sample = place / pixels;
    if (sample >= samples)
        return;
    const float* key = keys + member * keys_member + 2 * sample;
    PhiloxWords words = philox(group * pixels + pixel, static_cast<unsigned>(key[0]), static_cast<unsigned>(key[1]), last_word, seed_low,
        seed_high);
    long long offset = (static_cast<long long>(sample) * pixels + pixel) * channels + Together * group;
    const float* source = x + member * x_member + offset;
    float* target = y + static_cast<long long>(member) * samples * pixels * channels + offset;
    if constexpr (W == Together) {
        Lanes<W> values = fetch<W>(source);
        store<W>(target, lane_by_lane<W>([&](int w) { return words.at[w] < threshold ? 0.0f : scale * values.at[w]; }));
    } else {
#pragma unroll
        for (int i = 0; i < Together; i++)
            if (Together * group + i < channels)
                target[i] = words.at[i] < threshold ? 0.0f : scale * source[i];
    }
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) dropout_apply_vector(
    const float* x, long long x_member, const float* keys, long long keys_member, float* y, unsigned seed_low, unsigned seed_high,
    unsigned last_word, unsigned threshold, float scale, int samples, int pixels, int channels, int blocks)
{
    ddm::drop<4>(x, x_member, keys, keys_member, y, seed_low, seed_high, last_word, threshold, scale, samples, pixels, channels, blocks);
}

extern "C" __global__ void __launch_bounds__(256) dropout_apply_scalar(
    const float* x, long long x_member, const float* keys, long long keys_member, float* y, unsigned seed_low, unsigned seed_high,
    unsigned last_word, unsigned threshold, float scale, int samples, int pixels, int channels, int blocks)
{
    ddm::drop<1>(x, x_member, keys, keys_member, y, seed_low, seed_high, last_word, threshold, scale, samples, pixels, channels, blocks);
}
