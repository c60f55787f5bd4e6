// Images (channels last) to vectors in PyTorch's order (C, then H, then W) and back: the transpose of each sample's matrix [rows, columns],
// y[column, row] = x[row, column]; pixels × channels forward, channels × pixels backward. One channel or one pixel needs only a copy
// (LinearCombination.cu).
//
// Shapes: x [E or 1, N, rows, columns] → y [E, N, columns, rows].
// Memory: y is assigned (=); each float is moved once.
// Tiling: a block of 256 threads transposes a tile in shared memory, whose extents the launcher sets. If a matrix has at most 64 rows (the
// pixels of a last layer's image), or columns, the tile has all of them: adjacent elements in x or in y then form one contiguous run, in
// whole sectors for any number of pixels. Threads process a tile's floats in x's order, then in y's; in shared memory, the shorter extent
// is contiguous with an odd stride, so that lanes along the longer one have no bank conflicts.
// Intensity: none. Target bound: memory bandwidth.
#include "device.cuh"

namespace ddm {

// place / extent for a position in a tile; exact, because a half is further from an integer than the rounding of either factor moves a
// position below 2¹².
__device__ __forceinline__ int row_of(int place, float one_over_extent)
{
    return static_cast<int>((static_cast<float>(place) + 0.5f) * one_over_extent);
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) flatten_transpose(
    const float* x, long long x_member, float* y, int samples, int rows, int columns, int tile_rows, int tile_columns)
{
    using namespace ddm;
    constexpr int Threads = 256, MostFloats = 2112;
    __shared__ float tile[MostFloats];
    int column_tiles = (columns + tile_columns - 1) / tile_columns, row_tiles = (rows + tile_rows - 1) / tile_rows;
    int place = blockIdx.x;
    int first_column = place % column_tiles * tile_columns;
    place /= column_tiles;
    int first_row = place % row_tiles * tile_rows;
    place /= row_tiles;
    int sample = place % samples, member = place / samples;
    int height = rows - first_row < tile_rows ? rows - first_row : tile_rows;
    int width = columns - first_column < tile_columns ? columns - first_column : tile_columns;
    const float* source = x + member * x_member + static_cast<long long>(sample) * rows * columns + static_cast<long long>(first_row)
        * columns + first_column;
    float* target = y + (static_cast<long long>(member) * samples + sample) * rows * columns + static_cast<long long>(first_column) * rows
        + first_row;
    int row_step = width < height ? width | 1 : 1, column_step = width < height ? 1 : height | 1;
    float one_over_width = divide(1.0f, static_cast<float>(width)), one_over_height = divide(1.0f, static_cast<float>(height));
    for (int i = threadIdx.x; i < height * width; i += Threads) {
        int row = row_of(i, one_over_width), column = i - row * width;
        tile[row * row_step + column * column_step] = source[row * columns + column];
    }
    __syncthreads();
    for (int i = threadIdx.x; i < height * width; i += Threads) {
        int column = row_of(i, one_over_height), row = i - column * height;
        target[column * rows + row] = tile[row * row_step + column * column_step];
    }
}
