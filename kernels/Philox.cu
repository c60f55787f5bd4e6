// Uniform numbers in [low, high) as a function of (seed, stream, position) only (Philox.cuh), with identical bits on every backend:
// separate float32 operations, never contracted into a fused multiply–add.
//
// Shapes: values [E, L] within a longer vector; element i of member e is position i of stream (stream + e).
// Memory: values are assigned (=).
// Tiling: a thread computes one block of four words and writes its four floats; slices start anywhere, so the writes are scalar. Used once
// per model, for its initial parameters.
// Intensity: 20 wide multiplications for 16 bytes written. Target bound: integer arithmetic.
#include "Philox.cuh"

namespace ddm {

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
    PhiloxWords words = philox(block, 0, stream + member, 0, seed_low, seed_high);
    float* target = values + member * values_member + 4LL * block;
#pragma unroll
    for (int i = 0; i < 4; i++)
        if (4 * block + i < length)
            target[i] = add_rounded(low, multiply_rounded(range, static_cast<float>(words.at[i] >> 8) * 5.9604644775390625e-8f));
}
