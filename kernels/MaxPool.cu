// The maximum of each window of a pool; of equal values the first in row-major order, of NaNs the last. Linear once the positions m of the
// maxima are fixed, so that one map serves cotangents and their tangents.
//
//     forward  y = x[m]        forward tangent  ẏ = ẋ[m]        backward  δx[p] = the sum of δ over the windows with m = p
//
// Shapes: x [E, N, H, W, C] → y [E, N, H′, W′, C]. Window (i, j) begins at row i·stride − padding and column j·stride − padding; only its
// part in the image counts.
// Every operand that is read is passed with its number of floats between members (0: shared).
// Memory: results are assigned (=). Positions are found again from x in every pass and never stored. If windows do not overlap, each float
// is read once and written once. If they do, a float is read once for every window that holds it, from the caches; backward, each pixel
// compares all windows that hold it, so that no result is added to twice and the order of the sum is that of the windows.
// Tiling: a thread processes four channels (16-byte accesses; one channel if the channels are not a multiple of four) of one window; of one
// cell, which is a window with the pixels up to the next, backward; of one pixel backward if windows overlap. Adjacent threads process
// adjacent channels. 2 × 2 windows with stride 2, which networks use, are unrolled: their four reads are in flight together.
// Intensity: window² + 1 floats moved for window² comparisons, ≤ 0.25 operations per byte. Target bound: memory bandwidth.
#include "PoolWindow.cuh"

namespace ddm {

// The images and the windows. Along an axis with a single window that is larger than the stride, the step is the whole image, so that one
// cell covers the window.
struct Pool {
    int height, width, channels, window_height, window_width, row_step, column_step, padding, pooled_height, pooled_width;

    __device__ __forceinline__ int row() const { return width * channels; }

    __device__ __forceinline__ int cell_rows() const { return (height + padding + row_step - 1) / row_step; }

    __device__ __forceinline__ int cell_columns() const { return (width + padding + column_step - 1) / column_step; }
};

// A pool whose windows are known to be Fixed × Fixed, as many apart and without padding.
template <int Fixed>
__device__ __forceinline__ Pool fix(Pool pool)
{
    if constexpr (Fixed > 0) {
        pool.window_height = pool.window_width = pool.row_step = pool.column_step = Fixed;
        pool.padding = 0;
    }
    return pool;
}

// Rows and columns of an image.
struct Part {
    int first_row, end_row, first_column, end_column;

    __device__ __forceinline__ Part(const Pool& pool, int row, int column, int rows, int columns)
        : first_row(row < 0 ? 0 : row), end_row(row + rows < pool.height ? row + rows : pool.height),
          first_column(column < 0 ? 0 : column), end_column(column + columns < pool.width ? column + columns : pool.width)
    {
    }

    // body(offset) for every pixel, in row-major order.
    template <class Body>
    __device__ __forceinline__ void each(const Pool& pool, Body body) const
    {
        for (int i = first_row; i < end_row; i++)
            for (int j = first_column; j < end_column; j++)
                body(i * pool.row() + j * pool.channels);
    }
};

// The part of window (i, j) that is in the image.
__device__ __forceinline__ Part window_part(const Pool& pool, int i, int j)
{
    return Part(pool, i * pool.row_step - pool.padding, j * pool.column_step - pool.padding, pool.window_height, pool.window_width);
}

// One offset per lane: floats from the image's first pixel.
template <int W>
struct Offsets {
    int at[W];

    __device__ __forceinline__ explicit Offsets(int offset)
    {
#pragma unroll
        for (int w = 0; w < W; w++)
            at[w] = offset;
    }
};

// The maxima of a window, and the value that belongs to the pixel of each: its tangent or its offset.
template <int W, class Values>
struct Maxima {
    Lanes<W> maximum;
    Values found;

    __device__ __forceinline__ void compare(const Lanes<W>& candidate, const Values& value)
    {
#pragma unroll
        for (int w = 0; w < W; w++) {
            bool above = candidate.at[w] > maximum.at[w] || candidate.at[w] != candidate.at[w];
            maximum.at[w] = above ? candidate.at[w] : maximum.at[w];
            found.at[w] = above ? value.at[w] : found.at[w];
        }
    }
};

// value(offset) is the value of a pixel.
template <int W, int Fixed, class Value>
__device__ __forceinline__ auto find(const Pool& pool, const Part& part, const float* x, Value value)
{
    int corner = part.first_row * pool.row() + part.first_column * pool.channels;
    using Values = decltype(value(corner));
    if constexpr (Fixed == 2) {
        int right = corner + pool.channels, below = corner + pool.row(), last = below + pool.channels;
        Maxima<W, Values> maxima{fetch<W>(x + corner), value(corner)};
        Lanes<W> a = fetch<W>(x + right), b = fetch<W>(x + below), c = fetch<W>(x + last);
        Values at_a = value(right), at_b = value(below), at_c = value(last);
        maxima.compare(a, at_a);
        maxima.compare(b, at_b);
        maxima.compare(c, at_c);
        return maxima;
    } else {
        Maxima<W, Values> maxima{fetch<W>(x + corner), value(corner)};
        // The first pixel is compared with itself, which changes nothing.
        part.each(pool, [&](int offset) { maxima.compare(fetch<W>(x + offset), value(offset)); });
        return maxima;
    }
}

__device__ __forceinline__ long long image_at(const Pool& pool, int sample, int channel)
{
    return static_cast<long long>(sample) * pool.height * pool.row() + channel;
}

__device__ __forceinline__ long long pooled_at(const Pool& pool, int sample, int i, int j, int channel)
{
    return ((static_cast<long long>(sample) * pool.pooled_height + i) * pool.pooled_width + j) * pool.channels + channel;
}

// y = values[m]; if HasValues is false, the values are x.
template <int W, int Fixed, bool HasValues>
__device__ __forceinline__ void pick(
    const float* x, long long x_member, const float* values, long long values_member, float* y, int samples, Pool pool, int blocks)
{
    pool = fix<Fixed>(pool);
    Window<W> at(blocks, samples, pool.pooled_height, pool.pooled_width, pool.channels);
    if (!at.exists)
        return;
    long long image = image_at(pool, at.sample, at.channel);
    const float* pixels = x + at.member * x_member + image;
    Part part = window_part(pool, at.row, at.column);
    float* target = y + pooled_at(pool, at.member * samples + at.sample, at.row, at.column, at.channel);
    if constexpr (HasValues) {
        const float* source = values + at.member * values_member + image;
        store<W>(target, find<W, Fixed>(pool, part, pixels, [&](int offset) { return fetch<W>(source + offset); }).found);
    } else {
        store<W>(target, find<W, Fixed>(pool, part, pixels, [&](int offset) { return Offsets<W>(offset); }).maximum);
    }
}

// Windows that do not overlap: a thread assigns a cell.
template <int W, int Fixed>
__device__ __forceinline__ void spread(
    const float* x, long long x_member, const float* cotangent, long long cotangent_member, float* x_cotangent, int samples, Pool pool,
    int blocks)
{
    pool = fix<Fixed>(pool);
    Window<W> at(blocks, samples, pool.cell_rows(), pool.cell_columns(), pool.channels);
    if (!at.exists)
        return;
    const float* pixels = x + at.member * x_member + image_at(pool, at.sample, at.channel);
    float* target = x_cotangent + image_at(pool, at.member * samples + at.sample, at.channel);
    Offsets<W> found(-1);
    Lanes<W> delta = fill<W>(0.0f);
    bool has_window = at.row < pool.pooled_height && at.column < pool.pooled_width;
    if (has_window) {
        delta = fetch<W>(cotangent + at.member * cotangent_member + pooled_at(pool, at.sample, at.row, at.column, at.channel));
        found = find<W, Fixed>(
            pool, window_part(pool, at.row, at.column), pixels, [&](int offset) { return Offsets<W>(offset); }).found;
    }
    auto assign = [&](int offset) {
        store<W>(target + offset, lane_by_lane<W>([&](int w) { return found.at[w] == offset ? delta.at[w] : 0.0f; }));
    };
    if (Fixed == 2 && has_window) {
        int corner = 2 * (at.row * pool.row() + at.column * pool.channels);
        assign(corner);
        assign(corner + pool.channels);
        assign(corner + pool.row());
        assign(corner + pool.row() + pool.channels);
    } else {
        Part cell(pool, at.row * pool.row_step - pool.padding, at.column * pool.column_step - pool.padding, pool.row_step,
            pool.column_step);
        cell.each(pool, assign);
    }
}

// Windows that overlap: a thread assigns a pixel the sum over the windows that hold it.
template <int W>
__device__ __forceinline__ void sum(
    const float* x, long long x_member, const float* cotangent, long long cotangent_member, float* x_cotangent, int samples, Pool pool,
    int blocks)
{
    Window<W> at(blocks, samples, pool.height, pool.width, pool.channels);
    if (!at.exists)
        return;
    const float* pixels = x + at.member * x_member + image_at(pool, at.sample, at.channel);
    const float* source = cotangent + at.member * cotangent_member + pooled_at(pool, at.sample, 0, 0, at.channel);
    int own = at.row * pool.row() + at.column * pool.channels;
    Run rows(at.row + pool.padding, pool.window_height, pool.row_step, pool.pooled_height);
    Run columns(at.column + pool.padding, pool.window_width, pool.column_step, pool.pooled_width);
    Lanes<W> total = fill<W>(0.0f);
    for (int i = rows.first; i < rows.end; i++)
        for (int j = columns.first; j < columns.end; j++) {
            Offsets<W> found =
                find<W, 0>(pool, window_part(pool, i, j), pixels, [&](int offset) { return Offsets<W>(offset); }).found;
            Lanes<W> delta = fetch<W>(source + (i * pool.pooled_width + j) * pool.channels);
            total = lane_by_lane<W>([&](int w) { return total.at[w] + (found.at[w] == own ? delta.at[w] : 0.0f); });
        }
    store<W>(x_cotangent + image_at(pool, at.member * samples + at.sample, at.channel) + own, total);
}

} // namespace ddm

#define DDM_POOL_PARAMETERS                                                                                                               \
    int samples, int height, int width, int channels, int window_height, int window_width, int row_step, int column_step, int padding,    \
        int pooled_height, int pooled_width, int blocks
#define DDM_POOL_ARGUMENTS                                                                                                                \
    samples,                                                                                                                              \
        ddm::Pool{height, width, channels, window_height, window_width, row_step, column_step, padding, pooled_height, pooled_width},     \
        blocks

#define DDM_POOL(NAME, W, FIXED)                                                                                                          \
    extern "C" __global__ void __launch_bounds__(256) max_pool_forward_##NAME(                                                            \
        const float* x, long long x_member, float* y, DDM_POOL_PARAMETERS)                                                                \
    {                                                                                                                                     \
        ddm::pick<W, FIXED, false>(x, x_member, x, x_member, y, DDM_POOL_ARGUMENTS);                                                      \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256) max_pool_forward_tangent_##NAME(                                                    \
        const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, float* y_tangent, DDM_POOL_PARAMETERS)    \
    {                                                                                                                                     \
        ddm::pick<W, FIXED, true>(x, x_member, x_tangent, x_tangent_member, y_tangent, DDM_POOL_ARGUMENTS);                               \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256) max_pool_backward_##NAME(                                                           \
        const float* x, long long x_member, const float* cotangent, long long cotangent_member, float* x_cotangent, DDM_POOL_PARAMETERS)  \
    {                                                                                                                                     \
        ddm::spread<W, FIXED>(x, x_member, cotangent, cotangent_member, x_cotangent, DDM_POOL_ARGUMENTS);                                 \
    }

// By default ptxas spills to fit five blocks on a multiprocessor; the launch bounds request four.
#define DDM_OVERLAPPING_POOL(NAME, W)                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256, 4) max_pool_backward_overlapping_##NAME(                                            \
        const float* x, long long x_member, const float* cotangent, long long cotangent_member, float* x_cotangent, DDM_POOL_PARAMETERS)  \
    {                                                                                                                                     \
        ddm::sum<W>(x, x_member, cotangent, cotangent_member, x_cotangent, DDM_POOL_ARGUMENTS);                                           \
    }

// A module for 2 × 2 windows with stride 2 and one for all others, as listed in CMakeLists.txt.
#ifdef DDM_POOL_WINDOW2
DDM_POOL(window2_vector, 4, 2)
DDM_POOL(window2_scalar, 1, 2)
#else
DDM_POOL(any_vector, 4, 0)
DDM_POOL(any_scalar, 1, 0)
DDM_OVERLAPPING_POOL(any_vector, 4)
DDM_OVERLAPPING_POOL(any_scalar, 1)
#endif
