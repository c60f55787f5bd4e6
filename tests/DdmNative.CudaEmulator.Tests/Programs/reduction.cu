// Sum of an array: every block sums a segment in shared memory and adds its part to the result.
#include "cuda.cuh"

extern "C" __global__ void sum(const int* values, int count, int* result)
{
    __shared__ int partial[256];
    int total = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
        total += values[i];
    partial[threadIdx.x] = total;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            partial[threadIdx.x] += partial[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0)
        atomicAdd(result, partial[0]);
}
