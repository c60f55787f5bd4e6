// A common skeleton of elementwise operations, so that each is only its formula.
#pragma once

#include "ColumnTile.cuh"

namespace ddm {

// A number of floats that is a compile-time constant.
template <int W>
struct Width {
    static constexpr int Value = W;
};

// body(width, member, offset): `width` consecutive floats at `offset` of a member. Each member has `length` floats and `blocks` blocks of
// the grid; a thread processes four elements (W = 4, one 16-byte access) or one. With W = 4 every member starts at a multiple of 16 bytes;
// up to three floats at its end are processed one by one.
template <int W, class Body>
__device__ __forceinline__ void elementwise(long long length, int blocks, Body body)
{
    int member = blockIdx.x / blocks;
    long long place = static_cast<long long>(blockIdx.x - member * blocks) * blockDim.x + threadIdx.x;
    long long vectors = length / W;
    if (place < vectors)
        body(Width<W>(), member, place * W);
    else if (W > 1 && place < vectors + length % W)
        body(Width<1>(), member, vectors * W + (place - vectors));
}

} // namespace ddm
