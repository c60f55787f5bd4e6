// The declarations of CUDA C++ that the programs here use, for clang without the CUDA toolkit (-nocudainc -nocudalib).
#pragma once

#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __forceinline__ inline __attribute__((always_inline))

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
struct __attribute__((aligned(16))) float4 { float x, y, z, w; };

#include <__clang_cuda_builtin_vars.h>

__device__ __forceinline__ int atomicAdd(int* address, int value) { return __nvvm_atom_add_gen_i(address, value); }
__device__ __forceinline__ float atomicAdd(float* address, float value) { return __nvvm_atom_add_gen_f(address, value); }
__device__ __forceinline__ int atomicCAS(int* address, int compare, int value) { return __nvvm_atom_cas_gen_i(address, compare, value); }
__device__ __forceinline__ int atomicExch(int* address, int value) { return __nvvm_atom_xchg_gen_i(address, value); }
__device__ __forceinline__ int atomicMin(int* address, int value) { return __nvvm_atom_min_gen_i(address, value); }
__device__ __forceinline__ int atomicMax(int* address, int value) { return __nvvm_atom_max_gen_i(address, value); }
__device__ __forceinline__ void __threadfence() { __nvvm_membar_gl(); }
__device__ __forceinline__ float __shfl_xor_sync(unsigned mask, float value,
    int lanes) { return __nvvm_shfl_sync_bfly_f32(mask, value, lanes, 0x1f); }
__device__ __forceinline__ float __shfl_down_sync(unsigned mask, float value,
    int lanes) { return __nvvm_shfl_sync_down_f32(mask, value, lanes, 0x1f); }
__device__ __forceinline__ int __shfl_up_sync(unsigned mask, int value, int lanes) { return __nvvm_shfl_sync_up_i32(mask, value, lanes, 0);
    }
__device__ __forceinline__ int __shfl_sync(unsigned mask, int value, int lane) { return __nvvm_shfl_sync_idx_i32(mask, value, lane, 0x1f); }
__device__ __forceinline__ unsigned __ballot_sync(unsigned mask, bool holds) { return __nvvm_vote_ballot_sync(mask, holds); }
__device__ __forceinline__ int __popc(unsigned bits) { return __builtin_popcount(bits); }
__device__ __forceinline__ float exp2f(float value) { return __nvvm_ex2_approx_f(value); }
__device__ __forceinline__ float rsqrtf(float value) { return __nvvm_rsqrt_approx_f(value); }
__device__ __forceinline__ float fmaxf(float left, float right) { return __builtin_fmaxf(left, right); }
__device__ __forceinline__ float fmaf(float left, float right, float more) { return __builtin_fmaf(left, right, more); }
