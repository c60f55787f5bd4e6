// Mean of every row by warp shuffles, one warp per row.
#include "cuda.cuh"

extern "C" __global__ void warpreduce(const float* in, float* means, int columns)
{
    float sum = 0.0f;
    for (int i = threadIdx.x; i < columns; i += 32)
        sum += in[blockIdx.x * columns + i];
    for (int lanes = 16; lanes > 0; lanes /= 2)
        sum += __shfl_down_sync(0xffffffffu, sum, lanes);
    if (threadIdx.x == 0)
        means[blockIdx.x] = sum / columns;
}
