// Threads are served in the order of their tickets, which differs from that of their numbers.
#include "cuda.cuh"

extern "C" __global__ void tickets(volatile int* served, const int* ticket, volatile int* order) {
  int mine = ticket[threadIdx.x];
  while (*served != mine) {
  }
  order[mine] = threadIdx.x;
  __threadfence();
  *served = mine + 1;
}
