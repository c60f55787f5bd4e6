// The first warp waits for a flag in shared memory that a thread of another warp sets.
#include "cuda.cuh"

extern "C" __global__ void warpflag(int* seen) {
  __shared__ volatile int flag;
  if (threadIdx.x == 0) flag = 0;
  __syncthreads();
  if (threadIdx.x < 32) {
    while (flag == 0) {
    }
    seen[threadIdx.x] = flag;
  } else if (threadIdx.x == blockDim.x - 1) {
    flag = 7;
  }
}
