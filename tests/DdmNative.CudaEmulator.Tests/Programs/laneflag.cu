// One lane waits for a flag that another lane of its warp sets.
#include "cuda.cuh"

extern "C" __global__ void laneflag(volatile int* flag, int* seen, int waiter, int setter) {
  if (threadIdx.x == waiter) {
    while (*flag == 0) {
    }
    *seen = *flag;
  } else if (threadIdx.x == setter) {
    *flag = 5;
  }
}
