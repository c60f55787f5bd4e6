// How a grid covers the windows or the pixels of images, channels last: a thread processes W channels of one of them (W = 4, 16-byte
// accesses; 1 if the channels are not a multiple of four), and adjacent threads process adjacent channels.
#pragma once

#include "ColumnTile.cuh"

namespace ddm {

// The thread's item: channels of a pooled pixel, of a window, or of an image's pixel. Each member has rows × columns of them for each
// sample, and `blocks` blocks of the grid.
template <int W>
struct Window {
    int channel;
    int column;
    int row;
    int sample;
    int member;
    bool exists;

    __device__ __forceinline__ Window(int blocks, int samples, int rows, int columns, int channels)
    {
        int vectors = (channels + W - 1) / W;
        member = blockIdx.x / blocks;
        int place = (blockIdx.x - member * blocks) * blockDim.x + threadIdx.x;
        channel = place % vectors * W;
        place /= vectors;
        column = place % columns;
        place /= columns;
        row = place % rows;
        sample = place / rows;
        exists = sample < samples;
    }
};

// The windows along one axis that hold a pixel, of `count` windows of which each is `step` pixels after the one before it. `place` is the
// pixel's distance from the first window's begin.
struct Run {
    int first;
    int end;

    __device__ __forceinline__ Run(int place, int window, int step, int count)
        : first(place < window ? 0 : (place - window) / step + 1), end(place / step < count ? place / step + 1 : count)
    {
    }
};

} // namespace ddm
