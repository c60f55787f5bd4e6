// A lock that every thread takes, spinning in front of it or trying again: the lanes of a warp that hold it must get on while the others
// spin.
#include "cuda.cuh"

extern "C" __global__ void lanelock(int* lock, volatile int* sum, int tries) {
  if (tries) {
    bool done = false;
    while (!done) {
      if (atomicCAS(lock, 0, 1) == 0) {
        *sum = *sum + 1;
        __threadfence();
        atomicExch(lock, 0);
        done = true;
      }
    }
  } else {
    while (atomicCAS(lock, 0, 1) != 0) {
    }
    *sum = *sum + 1;
    __threadfence();
    atomicExch(lock, 0);
  }
}
