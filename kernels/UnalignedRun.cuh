// A run of floats that begins anywhere in memory, as a slice of a parameter vector does, read by a warp in whole sectors of 32 bytes.
//
//     memory   |. . . a b c d e|f g h i j k l m|…      rows of 32 floats from the sector in which the run begins (`shift` = 3 floats before it)
//     step 0          a b c d e f g … , one to a lane: what lanes 3 to 31 hold of the present row and lanes 0 to 2 of the following one, turned by three lanes
//
// So the order of the run is its own, float i to lane i mod 32, wherever it lies: sums over it have the same bits for every member, although members' vectors have
// lengths that are no multiple of a sector.
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
    const float* row; // this lane's float of the present row
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

    // Steps whose following row lies wholly within the run.
    __device__ __forceinline__ int whole_steps() const { return end / WarpSize - 1; }

    // This lane's floats of the next steps, which are whole; all rows are under way together.
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

    // The same of one step that need not be whole, counted from the run's beginning: zero beyond its end.
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
