// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): uniform numbers in [low, high) as a function of
// (seed, stream, position) only, with identical bits on every backend: separate float32 operations, never contracted into a fused
// multiply–add.
//
// Shapes: values [E, L] within a longer vector; element i of member e is position i of stream (stream + e).
// Memory: values are assigned (=).
// Tiling: a thread computes one block of four words and writes its four floats; slices start anywhere, so the writes are scalar. Used once
// per model, for its initial parameters.
// Intensity: 20 wide multiplications for 16 bytes written. Target bound: integer arithmetic.
#include "device.cuh"

namespace ddm {

__device__ __forceinline__ unsigned multiply_high(unsigned a, unsigned b)
{
    return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}

__device__ __forceinline__ float multiply_rounded(float a, float b)
{
    float y; asm("mul.rn.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b)); return y;
}

__device__ __forceinline__ float add_rounded(float a, float b)
{
    float y; asm("add.rn.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b)); return y;
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) philox_fill_uniform(
    float* values, long long values_member, float low, float range, unsigned seed_low, unsigned seed_high, unsigned stream, int length,
    int blocks)
{
    using namespace ddm;
    int member = blockIdx.x / blocks;
    int block = (blockIdx.x - member * blocks) * blockDim.x + threadIdx.x;
    if (block >= (length + 3) / 4)
        return;
    unsigned a = block, b = 0, c = stream + member, d = 0, k0 = seed_low, k1 = seed_high;
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
    float* target = values + member * values_member + 4LL * block;
    unsigned words[4] = {a, b, c, d};
#pragma unroll
    for (int i = 0; i < 4; i++)
        if (4 * block + i < length)
            target[i] = add_rounded(low, multiply_rounded(range, static_cast<float>(words[i] >> 8) * 5.9604644775390625e-8f));
}
