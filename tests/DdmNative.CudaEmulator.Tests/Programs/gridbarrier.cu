// A barrier of the whole grid, twice: blocks pass values around a ring.
#include "cuda.cuh"

static __device__ __forceinline__ void barrier(int* arrived, int all) {
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    atomicAdd(arrived, 1);
    while (*(volatile int*)arrived < all) {
    }
    __threadfence();
  }
  __syncthreads();
}

extern "C" __global__ void gridbarrier(int* arrived, int* first, int* second) {
  int blocks = gridDim.x, block = blockIdx.x, i = block * blockDim.x + threadIdx.x;
  first[i] = i * i;
  barrier(arrived, blocks);
  second[i] = first[(block + 1) % blocks * blockDim.x + threadIdx.x] + 1;
  barrier(arrived, 2 * blocks);
  first[i] = second[(block + blocks - 1) % blocks * blockDim.x + threadIdx.x];
}
