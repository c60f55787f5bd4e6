// One skeleton for operations element by element, so that each is its formula alone.
#pragma once

#include "ColumnTile.cuh"

namespace ddm {

// A number of floats known to the compiler.
template <int W>
struct Width {
    static constexpr int Value = W;
};

// body(width, member, offset): `width` consecutive floats at `offset` of a member. Each member has `length` floats, `blocks` blocks of the grid and four elements
// (W = 4, one 16-byte access) or one to a thread. With W = 4 every member begins on 16 bytes; up to three floats at its end go one by one.
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
