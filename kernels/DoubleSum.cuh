// Sums of partial sums in float64 over a warp, always in the same order.
#pragma once

#include "device.cuh"

namespace ddm {

__device__ __forceinline__ double shuffle_xor(double value, int mask)
{
    union { double number; unsigned words[2]; } both;
    both.number = value;
    unsigned low = bits_of(shuffle_xor(float_of(both.words[0]), mask)), high = bits_of(shuffle_xor(float_of(both.words[1]), mask));
    both.words[0] = low;
    both.words[1] = high;
    return both.number;
}

__device__ __forceinline__ double warp_sum(double value)
{
#pragma unroll
    for (int mask = WarpSize / 2; mask > 0; mask /= 2)
        value += shuffle_xor(value, mask);
    return value;
}

} // namespace ddm
