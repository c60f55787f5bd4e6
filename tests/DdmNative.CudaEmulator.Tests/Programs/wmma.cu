// C = A B for matrices of 16 bit floats on tensor cores, one warp per tile of 16 by 16; sizes are multiples of 16.
#include "cuda.cuh"

extern "C" __global__ void wmma(const int* a, const int* b, float* c, int n, int k)
{
    int fragmentA[8], fragmentB[8];
    float sums[8];
    for (int i = 0; i < 8; i++)
        sums[i] = 0.0f;
    for (int tile = 0; tile < k; tile += 16) {
        __hmma_m16n16k16_ld_a(fragmentA, a + (blockIdx.y * 16 * k + tile) / 2, k, 0);
        __hmma_m16n16k16_ld_b(fragmentB, b + (tile * n + blockIdx.x * 16) / 2, n, 0);
        __hmma_m16n16k16_mma_f32f32(sums, fragmentA, fragmentB, sums, 0, 0);
    }
    __hmma_m16n16k16_st_c_f32(c + blockIdx.y * 16 * n + blockIdx.x * 16, sums, n, 0);
}
