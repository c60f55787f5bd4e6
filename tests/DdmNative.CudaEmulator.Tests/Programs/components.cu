// Connected components of a graph: labels decrease along the edges until none changes.
#include "cuda.cuh"

extern "C" __global__ void sink(const int* from, const int* to, int edges, int* labels, int* changed)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < edges; i += gridDim.x * blockDim.x) {
        int least = labels[from[i]] < labels[to[i]] ? labels[from[i]] : labels[to[i]];
        if (atomicMin(&labels[from[i]], least) > least || atomicMin(&labels[to[i]], least) > least)
            atomicCAS(changed, 0, 1);
    }
}
