// Sums in a fixed order, so that their bits are always the same, for any number of members.
//
//     sum over samples  y[e] = Σₙ x[e, n]          dot  y[e] = ⟨a[e], b[e]⟩
//
// Shapes: x [E or 1, N, L] → y [E, L]; a, b [E or 1, L] → y [E].
// Memory: results are assigned (=); each input float is read once.
// Tiling: sums over samples treat a member as a matrix [N, L] with 8 to 32 of its columns per block (ColumnTile.cuh). If L is large or N
// small, the _long kernels give each thread its column(s) and iterate over the samples instead. A dot product is divided into pieces of
// 16384 terms: reduction_dot writes one partial sum per block, partials [E, pieces], and reduction_dot_pieces adds them in float64; a
// single piece is already the result.
// Intensity: 0.25 flops per byte. Target bound: memory bandwidth.
#include "DoubleSum.cuh"
#include "Elementwise.cuh"

namespace ddm {

template <int W>
__device__ __forceinline__ void sum_samples(const float* x, long long x_member, float* y, int samples, int length, int lanes)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(1, 256)];
    ColumnTile<W> tile(1, samples, length, lanes);
    Rows<W, 0> rows(tile, x + tile.member * x_member, length);
    Lanes<W> sums[1] = {fill<W>(0.0f)};
    each_row<0>(tile.row_lane, tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = rows.at(slot, row);
        sums[0] = lane_by_lane<W>([&](int w) { return sums[0].at[w] + value.at[w]; });
    });
    sum_columns(tile, sums, scratch);
    if (tile.is_first())
        store<W>(y + static_cast<long long>(tile.member) * length + tile.column, sums[0]);
}

template <int W>
__device__ __forceinline__ void sum_samples_long(const float* x, long long x_member, float* y, int samples, int length, int blocks)
{
    constexpr int UnderWay = 4; // reads
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        const float* column = x + member * x_member + offset;
        Lanes<V> sum = fill<V>(0.0f);
        auto add = [&](const Lanes<V>& value) { sum = lane_by_lane<V>([&](int w) { return sum.at[w] + value.at[w]; }); };
        int n = 0;
        for (; n + UnderWay <= samples; n += UnderWay) {
            Lanes<V> values[UnderWay];
#pragma unroll
            for (int i = 0; i < UnderWay; i++)
                values[i] = fetch<V>(column + static_cast<long long>(n + i) * length);
#pragma unroll
            for (int i = 0; i < UnderWay; i++)
                add(values[i]);
        }
        for (; n < samples; n++)
            add(fetch<V>(column + static_cast<long long>(n) * length));
        store<V>(y + static_cast<long long>(member) * length + offset, sum);
    });
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) reduction_sum_samples_vector(
    const float* x, long long x_member, float* y, int samples, int length, int lanes)
{
    ddm::sum_samples<4>(x, x_member, y, samples, length, lanes);
}

extern "C" __global__ void __launch_bounds__(256) reduction_sum_samples_scalar(
    const float* x, long long x_member, float* y, int samples, int length, int lanes)
{
    ddm::sum_samples<1>(x, x_member, y, samples, length, lanes);
}

extern "C" __global__ void __launch_bounds__(256) reduction_sum_samples_long_vector(
    const float* x, long long x_member, float* y, int samples, int length, int blocks)
{
    ddm::sum_samples_long<4>(x, x_member, y, samples, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) reduction_sum_samples_long_scalar(
    const float* x, long long x_member, float* y, int samples, int length, int blocks)
{
    ddm::sum_samples_long<1>(x, x_member, y, samples, length, blocks);
}

extern "C" __global__ void __launch_bounds__(256) reduction_dot(
    const float* a, long long a_member, const float* b, long long b_member, float* partials, long long length, int pieces)
{
    using namespace ddm;
    constexpr int Piece = 16384, Threads = 256;
    __shared__ float warp_sums[Threads / WarpSize];
    int member = blockIdx.x / pieces, piece = blockIdx.x - member * pieces;
    long long first = static_cast<long long>(piece) * Piece, left = length - first;
    int count = left < Piece ? static_cast<int>(left) : Piece;
    const float* p = a + member * a_member + first;
    const float* q = b + member * b_member + first;
    float sum = 0.0f;
#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += Threads)
        sum = fma(p[i], q[i], sum);
    sum = warp_sum(sum);
    if (threadIdx.x % WarpSize == 0)
        warp_sums[threadIdx.x / WarpSize] = sum;
    __syncthreads();
    if (threadIdx.x > 0)
        return;
#pragma unroll
    for (int warp = 1; warp < Threads / WarpSize; warp++)
        sum += warp_sums[warp];
    partials[blockIdx.x] = sum;
}

extern "C" __global__ void __launch_bounds__(32) reduction_dot_pieces(const float* partials, float* y, int pieces)
{
    using namespace ddm;
    double sum = 0.0;
    for (int i = threadIdx.x; i < pieces; i += WarpSize)
        sum += partials[static_cast<long long>(blockIdx.x) * pieces + i];
    sum = warp_sum(sum);
    if (threadIdx.x == 0)
        y[blockIdx.x] = static_cast<float>(sum);
}
