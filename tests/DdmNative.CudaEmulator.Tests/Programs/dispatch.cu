// Objects with virtual functions, and a table of functions that take and return structures: the threads of a warp call different functions.
#include "cuda.cuh"

// clang's own CUDA headers, which are not used here, define it in the same way.
extern "C" __device__ void __cxa_pure_virtual() { __builtin_trap(); }

struct Shape {
  __device__ virtual float area(float x) const = 0;
};

struct Square : Shape {
  __device__ float area(float x) const override { return x * x; }
};

struct Disc : Shape {
  float factor;
  __device__ explicit Disc(float factor) : factor(factor) {}
  __device__ float area(float x) const override { return factor * x * x; }
};

struct State {
  int values[6];
};

__device__ __attribute__((noinline)) State add(State state, int i) { state.values[0] += i; return state; }
__device__ __attribute__((noinline)) State scale(State state, int i) { state.values[1] *= i; return state; }
__device__ __attribute__((noinline)) State choose(State state, int i) {
  if (i > 20) state.values[2] -= 3;
  state.values[3] = i;
  return state;
}

typedef State (*Step)(State, int);
__device__ Step steps[3] = {add, scale, choose};

extern "C" __global__ void dispatch(float* areas, int* sums, int rounds) {
  int i = threadIdx.x;
  Square square;
  Disc disc(3.0f);
  Shape* shape = i % 3 ? (Shape*)&square : (Shape*)&disc;
  asm volatile("" : "+l"(shape));
  areas[i] = shape->area(i);
  State state;
  for (int j = 0; j < 6; j++) state.values[j] = i + j;
  for (int round = 0; round < rounds; round++) state = steps[(i + round) % 3](state, i);
  int sum = 0;
  for (int j = 0; j < 6; j++) sum = sum * 31 + state.values[j];
  sums[i] = sum;
}
