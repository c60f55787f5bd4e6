// How a block is mapped to a matrix [rows, columns] whose columns are summed or otherwise processed one by one: pixels × channels of an
// image (channels last), samples × values of a batch.
//
//     columns →   lane 0  lane 1  …  lane L−1     each lane holds W columns: W = 4 (16-byte accesses) if the columns are a multiple of
//     row lane 0  [W   ]  [W   ]     [W   ]       four, otherwise 1. L·W ≤ 32, so a row of the tile is at most one line of 128 bytes; a row
//     row lane 1  [W   ]  [W   ]     [W   ]       of 32 bytes (L·W = 8) still fills its sector.
//     …                                           A thread takes rows row_lane, row_lane + row_lanes, …
//
// Columns are summed first along a thread's rows, then over the warp by shuffles, then over the warps in order through shared memory: the
// same order for every shape and every number of members.
#pragma once

#include "device.cuh"

namespace ddm {

// W consecutive floats.
template <int W>
struct Lanes {
    float at[W];
};

template <int W>
__device__ __forceinline__ Lanes<W> fill(float value)
{
    Lanes<W> lanes;
#pragma unroll
    for (int w = 0; w < W; w++)
        lanes.at[w] = value;
    return lanes;
}

// Reads shared memory.
template <int W>
__device__ __forceinline__ Lanes<W> load(const float* address)
{
    Lanes<W> lanes;
    if constexpr (W == 4) {
        float4 four = load4(address);
        lanes.at[0] = four.x;
        lanes.at[1] = four.y;
        lanes.at[2] = four.z;
        lanes.at[3] = four.w;
    } else {
        lanes.at[0] = *address;
    }
    return lanes;
}

// Reads global memory, always in one access. For the compiler, four members of a float4 are four loads, which it would move into the
// branches where they are used.
template <int W>
__device__ __forceinline__ Lanes<W> fetch(const float* address)
{
    Lanes<W> lanes;
    if constexpr (W == 4)
        asm volatile("{ .reg .u64 g; cvta.to.global.u64 g, %4; ld.global.v4.f32 {%0, %1, %2, %3}, [g]; }"
                     : "=f"(lanes.at[0]), "=f"(lanes.at[1]), "=f"(lanes.at[2]), "=f"(lanes.at[3])
                     : "l"(address));
    else
        lanes.at[0] = *address;
    return lanes;
}

template <int W>
__device__ __forceinline__ void store(float* address, const Lanes<W>& lanes)
{
    if constexpr (W == 4) {
        float4 four;
        four.x = lanes.at[0];
        four.y = lanes.at[1];
        four.z = lanes.at[2];
        four.w = lanes.at[3];
        store4(address, four);
    } else {
        *address = lanes.at[0];
    }
}

// f of every lane; f takes the lane's index.
template <int W, class Function>
__device__ __forceinline__ Lanes<W> lane_by_lane(Function f)
{
    Lanes<W> lanes;
#pragma unroll
    for (int w = 0; w < W; w++)
        lanes.at[w] = f(w);
    return lanes;
}

// body(slot, row) for row = first, first + step, … below rows: at most Kept of them if they are kept in registers (slot counts them),
// otherwise any number.
template <int Kept, class Body>
__device__ __forceinline__ void each_row(int first, int step, int rows, Body body)
{
    if constexpr (Kept > 0) {
#pragma unroll
        for (int slot = 0; slot < Kept; slot++) {
            int row = first + slot * step;
            if (row < rows)
                body(slot, row);
        }
    } else {
        for (int row = first; row < rows; row += step)
            body(0, row);
    }
}

// The address `floats` further, computed from the previous one: if all addresses of a thread's rows were computed at once, they would take
// as many registers as the rows.
__device__ __forceinline__ const float* onwards(const float* place, long long floats)
{
    asm volatile("add.s64 %0, %0, %1;" : "+l"(place) : "l"(floats * 4));
    return place;
}

// A thread's position: the block's matrix and tile in a grid [members][samples][tiles], tiles fastest, so that adjacent blocks read
// adjacent sectors.
template <int W>
struct ColumnTile {
    int member;
    int sample;
    int first_column; // of the block
    int column;
    int column_lanes;
    int column_lane;
    int row_lane;
    int row_lanes;
    int rows; // 0 for threads beyond the last column, which only take part in the sums

    __device__ __forceinline__ ColumnTile(int samples, int all_rows, int columns, int lanes)
    {
        int tiles = (columns + lanes * W - 1) / (lanes * W);
        int tile = blockIdx.x % tiles;
        int matrix = blockIdx.x / tiles;
        sample = matrix % samples;
        member = matrix / samples;
        column_lanes = lanes;
        column_lane = threadIdx.x & (lanes - 1);
        row_lane = threadIdx.x / lanes;
        row_lanes = blockDim.x / lanes;
        first_column = tile * lanes * W;
        column = first_column + column_lane * W;
        rows = column < columns ? all_rows : 0;
    }

    // The thread that writes the results of its columns.
    __device__ __forceinline__ bool is_first() const { return row_lane == 0 && rows > 0; }
};

// One operand's columns of this thread: Kept rows in registers, read once; or, with Kept = 0, read again at every use.
template <int W, int Kept>
struct Rows {
    const float* base;
    int stride;
    Lanes<W> kept[Kept > 0 ? Kept : 1];

    __device__ __forceinline__ Rows(const ColumnTile<W>& tile, const float* matrix, int columns)
        : base(matrix + tile.column), stride(columns)
    {
        if constexpr (Kept > 0) {
            const float* place = base + static_cast<long long>(tile.row_lane) * stride;
            long long step = static_cast<long long>(tile.row_lanes) * stride;
#pragma unroll
            for (int slot = 0; slot < Kept; slot++) {
                kept[slot] = fill<W>(0.0f);
                if (tile.row_lane + slot * tile.row_lanes < tile.rows)
                    kept[slot] = fetch<W>(place);
                place = onwards(place, step);
            }
        }
    }

    __device__ __forceinline__ Lanes<W> at(int slot, int row) const
    {
        if constexpr (Kept > 0)
            return kept[slot];
        else
            return fetch<W>(base + static_cast<long long>(row) * stride);
    }
};

// The same with the rows in shared memory, for an operand that does not fit in the registers: `plane` has W · Kept floats for each thread
// of the block.
template <int W, int Kept>
struct SharedRows {
    float* own;

    __device__ __forceinline__ SharedRows(float* plane, const ColumnTile<W>& tile, const float* matrix, int columns)
        : own(plane + W * threadIdx.x)
    {
        Rows<W, Kept> rows(tile, matrix, columns);
#pragma unroll
        for (int slot = 0; slot < Kept; slot++)
            store<W>(own + W * slot * blockDim.x, rows.kept[slot]);
    }

    __device__ __forceinline__ Lanes<W> at(int slot, int row) const { return load<W>(own + W * slot * blockDim.x); }
};

template <int W>
struct SharedRows<W, 0> : Rows<W, 0> {
    __device__ __forceinline__ SharedRows(float* plane, const ColumnTile<W>& tile, const float* matrix, int columns)
        : Rows<W, 0>(tile, matrix, columns)
    {
    }
};

// Copies one value for each of the block's columns to shared memory, read once for the whole block. Vectors of parameters start at any
// address, so each thread copies one float. Read with staged() after a barrier.
template <int W>
__device__ __forceinline__ void stage(const ColumnTile<W>& tile, float* shared, const float* values, int columns)
{
    int place = threadIdx.x, column = tile.first_column + place;
    if (place < tile.column_lanes * W)
        shared[place] = column < columns ? values[column] : 0.0f;
}

template <int W>
__device__ __forceinline__ Lanes<W> staged(const ColumnTile<W>& tile, const float* shared)
{
    return load<W>(shared + tile.column_lane * W);
}

// Floats of shared memory that sum_columns needs for a number of sums in a block of a number of threads.
__device__ constexpr int scratch_floats(int sums, int threads) { return sums * threads / WarpSize * 32; }

// Sums of the block's columns: every thread passes its share of Count sums and receives the complete ones. All threads of the block must
// take part.
template <int Count, int W>
__device__ __forceinline__ void sum_columns(const ColumnTile<W>& tile, Lanes<W> (&sums)[Count], float* scratch)
{
    for (int mask = WarpSize / 2; mask >= tile.column_lanes; mask /= 2) {
#pragma unroll
        for (int i = 0; i < Count; i++)
#pragma unroll
            for (int w = 0; w < W; w++)
                sums[i].at[w] += shuffle_xor(sums[i].at[w], mask);
    }
    int warps = blockDim.x / WarpSize;
    if (warps == 1)
        return;
    int warp = threadIdx.x / WarpSize, place = tile.column_lane * W;
    if (threadIdx.x % WarpSize < tile.column_lanes) {
#pragma unroll
        for (int i = 0; i < Count; i++)
            store<W>(scratch + (i * warps + warp) * 32 + place, sums[i]);
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < Count; i++) {
        sums[i] = load<W>(scratch + i * warps * 32 + place);
        // Four shares at a time: ptxas would read sixteen, which together with the kept rows exceed the registers.
#pragma unroll 4
        for (int other = 1; other < warps; other++) {
            Lanes<W> share = load<W>(scratch + (i * warps + other) * 32 + place);
#pragma unroll
            for (int w = 0; w < W; w++)
                sums[i].at[w] += share.at[w];
        }
    }
    __syncthreads();
}

} // namespace ddm
