// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random words of a counter of four words under
// a key of two.
#pragma once

#include "device.cuh"

namespace ddm {

struct PhiloxWords {
    unsigned at[4];
};

__device__ __forceinline__ unsigned multiply_high(unsigned a, unsigned b)
{
    return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}

__device__ __forceinline__ PhiloxWords philox(unsigned a, unsigned b, unsigned c, unsigned d, unsigned k0, unsigned k1)
{
#pragma unroll
    for (int round = 0; round < 10; round++) {
        unsigned low0 = 0xD2511F53u * a, high0 = multiply_high(0xD2511F53u, a);
        unsigned low1 = 0xCD9E8D57u * c, high1 = multiply_high(0xCD9E8D57u, c);
        a = high1 ^ b ^ k0;
        b = low1;
        c = high0 ^ d ^ k1;
        d = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return {{a, b, c, d}};
}

} // namespace ddm
