// Number of steps of the Collatz sequence: 64-bit integers, a loop of different length in every thread, a function call.
#include "cuda.cuh"

__device__ __attribute__((noinline)) unsigned long long next(unsigned long long n)
{
    return n % 2 == 0 ? n / 2 : 3 * n + 1;
}

extern "C" __global__ void collatz(int* steps, int count)
{
    int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= count)
        return;
    int taken = 0;
    for (unsigned long long n = index + 1; n != 1; n = next(n))
        taken++;
    steps[index] = taken;
}
