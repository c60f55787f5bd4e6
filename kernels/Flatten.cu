// Images (channels last) to vectors in PyTorch's order (C, then H, then W) and back: the transpose of each sample's matrix [rows, columns],
// y[column, row] = x[row, column]; pixels × channels forward, channels × pixels backward. One channel or one pixel needs a copy only (LinearCombination.cu).
//
// Shapes: x [E or 1, N, rows, columns] → y [E, N, columns, rows].
// Memory: y is assigned (=); each float is moved once.
// Tiling: a block of 32 × 8 threads turns a 32 × 32 tile in shared memory, whose rows are 33 floats apart, so that neither the rows written nor the columns read
// meet in a bank.
// Intensity: none. Bound aimed at: memory bandwidth.
#include "device.cuh"

extern "C" __global__ void __launch_bounds__(256) flatten_transpose(const float* x, long long x_member, float* y, int samples, int rows, int columns)
{
    constexpr int Side = 32, Stripes = 8;
    __shared__ float tile[Side][Side + 1];
    int column_tiles = (columns + Side - 1) / Side, row_tiles = (rows + Side - 1) / Side;
    int place = blockIdx.x;
    int first_column = place % column_tiles * Side;
    place /= column_tiles;
    int first_row = place % row_tiles * Side;
    place /= row_tiles;
    int sample = place % samples, member = place / samples;
    const float* source = x + member * x_member + static_cast<long long>(sample) * rows * columns;
    float* target = y + (static_cast<long long>(member) * samples + sample) * rows * columns;
    int lane = threadIdx.x % Side, stripe = threadIdx.x / Side;
    for (int i = stripe; i < Side; i += Stripes)
        if (first_row + i < rows && first_column + lane < columns)
            tile[i][lane] = source[static_cast<long long>(first_row + i) * columns + first_column + lane];
    __syncthreads();
    for (int i = stripe; i < Side; i += Stripes)
        if (first_column + i < columns && first_row + lane < rows)
            target[static_cast<long long>(first_column + i) * rows + first_row + lane] = tile[lane][i];
}
