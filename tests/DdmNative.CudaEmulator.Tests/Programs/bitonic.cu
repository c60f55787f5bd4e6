// Bitonic sort of the values of one block in dynamic shared memory; their number is a power of two.
#include "cuda.cuh"

extern "C" __global__ void bitonic(int* values, int count)
{
    extern __shared__ int keys[];
    for (int i = threadIdx.x; i < count; i += blockDim.x)
        keys[i] = values[i];
    __syncthreads();
    for (int size = 2; size <= count; size *= 2)
        for (int stride = size / 2; stride > 0; stride /= 2) {
            for (int i = threadIdx.x; i < count; i += blockDim.x) {
                int partner = i ^ stride;
                if (partner > i) {
                    bool ascending = (i & size) == 0;
                    int low = keys[i], high = keys[partner];
                    if ((low > high) == ascending) {
                        keys[i] = high;
                        keys[partner] = low;
                    }
                }
            }
            __syncthreads();
        }
    for (int i = threadIdx.x; i < count; i += blockDim.x)
        values[i] = keys[i];
}
