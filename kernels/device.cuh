// Common definitions of all kernels, for clang without the CUDA toolkit (-nocudainc -nocudalib) and for nvcc: keywords and built-ins,
// 16-byte loads, cp.async, warp reductions, and exp and log from the hardware's ex2 and lg2.
#pragma once

#if defined(__clang__)

#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __forceinline__ inline __attribute__((always_inline))

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
struct __attribute__((aligned(16))) float4 { float x, y, z, w; };
struct __attribute__((aligned(8))) float2 { float x, y; };
struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; };

#include <__clang_cuda_builtin_vars.h>

#define DDM_FMA(a, b, c) __builtin_fmaf(a, b, c)

#else

#define DDM_FMA(a, b, c) __fmaf_rn(a, b, c)

#endif

// Defines a kernel by the macro KERNEL. Its arguments, which are macros that the build defines for each module, are expanded first.
#define DDM_INSTANTIATE(KERNEL, ...) KERNEL(__VA_ARGS__)

namespace ddm {

__device__ constexpr int WarpSize = 32;
__device__ constexpr unsigned FullWarp = 0xffffffffu;

__device__ __forceinline__ float fma(float a, float b, float c) { return DDM_FMA(a, b, c); }

__device__ __forceinline__ unsigned bits_of(float value) { union { float f; unsigned u; } both; both.f = value; return both.u; }

__device__ __forceinline__ float float_of(unsigned bits) { union { float f; unsigned u; } both; both.u = bits; return both.f; }

// The same number, hidden from the compiler's analysis: values that depend on it are recomputed instead of being kept in registers.
__device__ __forceinline__ int anew(int value) { asm volatile("" : "+r"(value)); return value; }

// ---- 16-byte accesses; the address is a multiple of 16 bytes ----

__device__ __forceinline__ float4 load4(const float* address) { return *reinterpret_cast<const float4*>(address); }

__device__ __forceinline__ void store4(float* address, float4 value) { *reinterpret_cast<float4*>(address) = value; }

__device__ __forceinline__ float4 zero4() { float4 zero; zero.x = zero.y = zero.z = zero.w = 0.0f; return zero; }

// ---- cp.async: global to shared memory without registers, in groups that are waited for in order ----

// A pointer into shared memory as the 32-bit address that cp.async and ldmatrix take.
__device__ __forceinline__ unsigned shared_address(const void* pointer)
{
    unsigned address;
    asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(address) : "l"(pointer));
    return address;
}

// Copies 16 bytes, or writes 16 zero bytes if the source is not `valid`; without a branch, and without reading the address in that case.
__device__ __forceinline__ void copy_async_16(unsigned destination, const float* source, bool valid)
{
    int bytes = valid ? 16 : 0;
    asm volatile("{ .reg .u64 g; cvta.to.global.u64 g, %1; cp.async.cg.shared.global [%0], [g], 16, %2; }" ::"r"(destination), "l"(source),
        "r"(bytes) : "memory");
}

// A pointer into global memory as the 64-bit address that cp.async takes.
__device__ __forceinline__ unsigned long long global_address(const void* pointer)
{
    unsigned long long address;
    asm("cvta.to.global.u64 %0, %1;" : "=l"(address) : "l"(pointer));
    return address;
}

// Copies the 16 bytes that start `from` floats into an array at a global address, to `offset` bytes beyond `destination`; zeros if not
// `valid`.
__device__ __forceinline__ void copy_async_global_16(unsigned destination, int offset, unsigned long long array, int from, bool valid)
{
    int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(destination + offset), "l"(array + 4ll * from), "r"(bytes)
        : "memory");
}

// The same as copy_async_16 for 4 bytes: for channels that are not a multiple of four.
__device__ __forceinline__ void copy_async_4(unsigned destination, const float* source, bool valid)
{
    int bytes = valid ? 4 : 0;
    asm volatile("{ .reg .u64 g; cvta.to.global.u64 g, %1; cp.async.ca.shared.global [%0], [g], 4, %2; }" ::"r"(destination), "l"(source),
        "r"(bytes) : "memory");
}

__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most `Pending` of this thread's latest groups are in flight.
template <int Pending>
__device__ __forceinline__ void wait_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory"); }

// ---- accesses by only some lanes: if 0 ≤ `at` < `count`, by a predicate instead of a branch, so that a warp never diverges ----
// Addresses are global (global_address) or shared (shared_address), of the element itself.

// Reads global memory that the kernel itself does not write; zero otherwise.
__device__ __forceinline__ float load_within(unsigned long long address, int at, int count)
{
    float value;
    asm("{ .reg .pred p; setp.lt.u32 p, %2, %3; mov.f32 %0, 0f00000000; @p ld.global.f32 %0, [%1]; }" : "=&f"(value)
        : "l"(address), "r"(at), "r"(count));
    return value;
}

__device__ __forceinline__ void store_within(unsigned long long address, float value, int at, int count)
{
    asm volatile("{ .reg .pred p; setp.lt.u32 p, %2, %3; @p st.global.f32 [%0], %1; }" ::"l"(address), "f"(value), "r"(at), "r"(count)
        : "memory");
}

// One request of 8 or 16 bytes: for an assignment through a float4 whose values are computed one by one, the compiler generates three.
__device__ __forceinline__ void store_within(unsigned long long address, const float (&values)[2], int at, int count)
{
    asm volatile("{ .reg .pred p; setp.lt.u32 p, %3, %4; @p st.global.v2.f32 [%0], {%1, %2}; }" ::"l"(address), "f"(values[0]),
        "f"(values[1]), "r"(at), "r"(count) : "memory");
}

__device__ __forceinline__ void store_within(unsigned long long address, const float (&values)[4], int at, int count)
{
    asm volatile("{ .reg .pred p; setp.lt.u32 p, %5, %6; @p st.global.v4.f32 [%0], {%1, %2, %3, %4}; }" ::"l"(address), "f"(values[0]),
        "f"(values[1]), "f"(values[2]), "f"(values[3]),
        "r"(at), "r"(count)
        : "memory");
}

__device__ __forceinline__ float load_shared_within(unsigned address, int at, int count)
{
    float value;
    asm volatile("{ .reg .pred p; setp.lt.u32 p, %2, %3; mov.f32 %0, 0f00000000; @p ld.shared.f32 %0, [%1]; }" : "=&f"(value)
        : "r"(address), "r"(at), "r"(count) : "memory");
    return value;
}

__device__ __forceinline__ void store_shared_within(unsigned address, float value, int at, int count)
{
    asm volatile("{ .reg .pred p; setp.lt.u32 p, %2, %3; @p st.shared.f32 [%0], %1; }" ::"r"(address), "f"(value), "r"(at), "r"(count)
        : "memory");
}

// Number of floats between the start of a 32-byte sector of global memory and the address. Warps read and write an unaligned run in whole
// sectors by starting that many floats before it, with the lanes before the run idle.
__device__ __forceinline__ int floats_into_sector(const float* address)
{
    return static_cast<int>(reinterpret_cast<unsigned long long>(address) >> 2) & 7;
}

// ---- warps; all 32 lanes take part ----

__device__ __forceinline__ void sync_warp() { asm volatile("bar.warp.sync 0xffffffff;" ::: "memory"); }

__device__ __forceinline__ float shuffle_xor(float value, int mask)
{
    float other;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=f"(other) : "f"(value), "r"(mask));
    return other;
}

// The sum over the warp, in every lane, always in the same order.
__device__ __forceinline__ float warp_sum(float value)
{
#pragma unroll
    for (int mask = WarpSize / 2; mask > 0; mask /= 2)
        value += shuffle_xor(value, mask);
    return value;
}

__device__ __forceinline__ float warp_max(float value)
{
#pragma unroll
    for (int mask = WarpSize / 2; mask > 0; mask /= 2) {
        float other = shuffle_xor(value, mask);
        value = value < other ? other : value;
    }
    return value;
}

// ---- elementary functions; no libdevice ----

// 2^x, relative error 2^-22.
__device__ __forceinline__ float exp2_approximate(float x) { float y; asm("ex2.approx.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }

// log2 x, absolute error 2^-22 near 1.
__device__ __forceinline__ float log2_approximate(float x) { float y; asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }

__device__ __forceinline__ float round_to_integer(float x) { float y; asm("cvt.rni.f32.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }

// e^x, relative error 2e-7: x·log2(e) is split into an integer and a fraction before ex2, so that a large x keeps its digits.
__device__ __forceinline__ float exp(float x)
{
    float n = round_to_integer(x * 1.44269504f);
    float f = fma(n, -0.693145752f, x);
    f = fma(n, -1.42860677e-6f, f);
    return exp2_approximate(f * 1.44269504f) * exp2_approximate(n);
}

// ln x for x > 0.
__device__ __forceinline__ float log(float x) { return log2_approximate(x) * 0.693147182f; }

__device__ __forceinline__ float sqrt(float x) { float y; asm("sqrt.rn.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }

__device__ __forceinline__ float divide(float a, float b) { float y; asm("div.rn.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b)); return y; }

} // namespace ddm
