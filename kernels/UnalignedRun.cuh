// A run of floats that starts at any address, as a slice of a parameter vector does, read by a warp in whole sectors of 32 bytes.
//
//     memory   |. . . a b c d e|f g h i j k l m|…      rows of 32 floats from the sector in which the run starts (`shift` = 3)
//     step 0          a b c d e f g … , one per lane: the floats in lanes 3 to 31 of the current row and lanes 0 to 2 of the next one,
//                     rotated by three lanes
//
// So float i of the run is always in lane i mod 32, independently of the address: sums over the run have identical bits for every member,
// although the lengths of members' vectors are not multiples of a sector.
#pragma once

#include "device.cuh"

namespace ddm {

__device__ __forceinline__ float shuffle_from(float value, int lane)
{
    float other;
    asm volatile("shfl.sync.idx.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=f"(other) : "f"(value), "r"(lane));
    return other;
}

struct UnalignedRun {
    const float* row; // this lane's float of the current row
    int lane;
    int shift;
    int end; // of the run, in floats from the first row's beginning
    float present;

    __device__ __forceinline__ UnalignedRun(const float* run, int length, int lane)
        : lane(lane), shift(floats_into_sector(run))
    {
        row = run - shift + lane;
        end = shift + length;
        present = lane >= shift && lane < end ? *row : 0.0f;
    }

    // Number of steps whose next row is completely within the run.
    __device__ __forceinline__ int whole_steps() const { return end / WarpSize - 1; }

    // This lane's floats of the next, complete steps; all rows are in flight together.
    template <int Rows>
    __device__ __forceinline__ void take(float (&values)[Rows])
    {
        float following[Rows];
#pragma unroll
        for (int i = 0; i < Rows; i++)
            following[i] = row[(i + 1) * WarpSize];
        row += Rows * WarpSize;
#pragma unroll
        for (int i = 0; i < Rows; i++)
            values[i] = turn(following[i]);
    }

    // The same for one step that may be incomplete, counted from the start of the run: zero beyond its end.
    __device__ __forceinline__ float take_last(int step)
    {
        row += WarpSize;
        float following = 0.0f;
        if ((step + 1) * WarpSize + lane < end)
            following = *row;
        return turn(following);
    }

private:
    __device__ __forceinline__ float turn(float following)
    {
        float value = shuffle_from(lane < shift ? following : present, (lane + shift) % WarpSize);
        present = following;
        return value;
    }
};

} // namespace ddm
