// Inclusive prefix sums of a block: within warps by shuffles, between warps in shared memory.
#include "cuda.cuh"

extern "C" __global__ void scan(const int* values, int* sums, int count)
{
    __shared__ int warps[32];
    int index = threadIdx.x, lane = index % 32, warp = index / 32;
    int value = index < count ? values[index] : 0;
    for (int distance = 1; distance < 32; distance *= 2) {
        int other = __shfl_up_sync(0xffffffffu, value, distance);
        if (lane >= distance)
            value += other;
    }
    if (lane == 31)
        warps[warp] = value;
    __syncthreads();
    if (warp == 0) {
        int total = lane < blockDim.x / 32 ? warps[lane] : 0;
        for (int distance = 1; distance < 32; distance *= 2) {
            int other = __shfl_up_sync(0xffffffffu, total, distance);
            if (lane >= distance)
                total += other;
        }
        warps[lane] = total;
    }
    __syncthreads();
    if (warp > 0)
        value += warps[warp - 1];
    if (index < count)
        sums[index] = value;
}
