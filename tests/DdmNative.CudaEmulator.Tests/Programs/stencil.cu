// One step of heat flow on a plane: every inner point becomes the mean of its four neighbours, the border is kept.
#include "cuda.cuh"

extern "C" __global__ void stencil(const float* in, float* out, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height)
        return;
    int here = y * width + x;
    if (x == 0 || y == 0 || x == width - 1 || y == height - 1)
        out[here] = in[here];
    else
        out[here] = 0.25f * (in[here - 1] + in[here + 1] + in[here - width] + in[here + width]);
}
