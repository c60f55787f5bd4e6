// A list of squares per thread on the device's heap, a stack array whose size differs between threads, and a printed line about both.
#include "cuda.cuh"

extern "C" __device__ void* malloc(unsigned long bytes);
extern "C" __device__ void free(void* memory);
extern "C" __device__ int printf(const char* format, ...);

struct Node {
  int value;
  Node* next;
};

extern "C" __global__ void heap(int* sums, int least) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  Node* list = nullptr;
  for (int j = 0; j <= i; j++) {
    Node* node = (Node*)malloc(sizeof(Node));
    node->value = j * j;
    node->next = list;
    list = node;
  }
  int* values = (int*)__builtin_alloca((i + 1) * sizeof(int));
  for (int j = i; list != nullptr; j--) {
    values[j] = list->value;
    Node* next = list->next;
    free(list);
    list = next;
  }
  int sum = 0;
  for (int j = 0; j <= i; j++) sum += values[(j * 7) % (i + 1)];
  sums[i] = sum;
  if (i >= least) printf("%s %d: sum %5d, mean %.2f%%\n", "thread", i, sum, sum / (i + 1.0));
}
