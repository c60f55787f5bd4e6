// Keeps the odd values: a ballot counts them in the warp, one atomic operation reserves their positions.
#include "cuda.cuh"

extern "C" __global__ void compact(const int* in, int count, int* out, int* kept)
{
    int index = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    int value = index < count ? in[index] : 0;
    bool keep = value & 1;
    unsigned keepers = __ballot_sync(0xffffffffu, keep);
    int start = 0;
    if (lane == 0)
        start = atomicAdd(kept, __popc(keepers));
    start = __shfl_sync(0xffffffffu, start, 0);
    if (keep)
        out[start + __popc(keepers & ((1u << lane) - 1))] = value;
}
