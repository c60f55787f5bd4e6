// Transpose by tiles of 32 by 32, one column of padding against bank conflicts.
#include "cuda.cuh"

extern "C" __global__ void transpose(const float* in, float* out, int rows, int columns)
{
    __shared__ float tile[32][33];
    int x = blockIdx.x * 32 + threadIdx.x;
    for (int j = threadIdx.y; j < 32; j += blockDim.y) {
        int y = blockIdx.y * 32 + j;
        if (x < columns && y < rows)
            tile[j][threadIdx.x] = in[y * columns + x];
    }
    __syncthreads();
    int tx = blockIdx.y * 32 + threadIdx.x;
    for (int j = threadIdx.y; j < 32; j += blockDim.y) {
        int ty = blockIdx.x * 32 + j;
        if (tx < rows && ty < columns)
            out[ty * rows + tx] = tile[threadIdx.x][j];
    }
}
