// Softmax of rows, one warp per row; sums and maxima by butterfly shuffles.
#include "cuda.cuh"

extern "C" __global__ void softmax(const float* in, float* out, int rows, int columns)
{
    int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows)
        return;
    in += row * columns;
    out += row * columns;
    float most = -3.0e38f;
    for (int i = lane; i < columns; i += 32)
        most = fmaxf(most, in[i]);
    for (int lanes = 16; lanes > 0; lanes /= 2)
        most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, lanes));
    float sum = 0.0f;
    for (int i = lane; i < columns; i += 32)
        sum += exp2f((in[i] - most) * 1.44269504f);
    for (int lanes = 16; lanes > 0; lanes /= 2)
        sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
    for (int i = lane; i < columns; i += 32)
        out[i] = exp2f((in[i] - most) * 1.44269504f) / sum;
}
