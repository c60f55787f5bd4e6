// Like gridbarrier, but the first thread of a block tells the others, between two barriers of the block, whether all blocks have arrived.
// Unless the iterations are optimised away, the block is never twice in the same state.
#include "cuda.cuh"

extern "C" __global__ void gridloop(int* arrived, int* seen) {
  __shared__ int here;
  if (threadIdx.x == 0) {
    __threadfence();
    atomicAdd(arrived, 1);
  }
  int rounds = 0;
  do {
    __syncthreads();
    if (threadIdx.x == 0) here = *(volatile int*)arrived;
    __syncthreads();
    rounds++;
  } while (here < gridDim.x);
  seen[blockIdx.x * blockDim.x + threadIdx.x] = rounds > 0 ? here : 0;
}
