// Copies samples of a dataset into a batch: y[e, n] = source[e, indices[e, n]].
//
// Shapes: source [E or 1, M, L], indices [E or 1, N] integers as float32, y [E, N, L]. Indices are read when the kernel runs.
// Memory: y is assigned (=); each float is moved once.
// Tiling: a thread copies four floats of one sample (16-byte accesses) if L is a multiple of four, otherwise one; a batch's samples are
// consecutive over the member's blocks, so that small samples share a block.
// Intensity: none. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void gather(
    const float* source, long long source_member, const float* indices, long long indices_member, float* y, int samples, int length,
    int blocks)
{
    elementwise<W>(static_cast<long long>(samples) * length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        int sample = static_cast<int>(offset / length);
        long long picked = static_cast<long long>(indices[member * indices_member + sample]);
        const float* from = source + member * source_member + picked * length + (offset - static_cast<long long>(sample) * length);
        store<V>(y + static_cast<long long>(member) * samples * length + offset, fetch<V>(from));
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) gather_samples_vector(
    const float* source, long long source_member, const float* indices, long long indices_member, float* y, int samples, int length,
    int blocks)
{
    ddm::gather<4>(source, source_member, indices, indices_member, y, samples, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) gather_samples_scalar(
    const float* source, long long source_member, const float* indices, long long indices_member, float* y, int samples, int length,
    int blocks)
{
    ddm::gather<1>(source, source_member, indices, indices_member, y, samples, length, blocks);
}
