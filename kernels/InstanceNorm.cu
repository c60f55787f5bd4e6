// Instance normalisation over the pixels of each sample and channel, its cotangents, and the tangents of both (docs/mathematics.md,
// "Instance norm").
//
//     r = 1/√(σ² + ε), x̂ = (x − μ)r                      forward           y  = γx̂ + β; statistics = [μ; r]
//     x̂̇ = r(ẋ − mean ẋ − x̂·mean(x̂ẋ))                     forward tangent   ẏ  = γ̇x̂ + γx̂̇ + β̇
//     d = γδ                                             backward          δx = r(d − mean d − x̂·mean(d x̂)); δγ = Σ δx̂; δβ = Σ δ
//     ḋ = γ̇δ + γδ̇                                        backward tangent  δẋ = −r·mean(x̂ẋ)·δx
//                                                                               + r(ḋ − mean ḋ − x̂̇·mean(d x̂) − x̂·mean(ḋx̂ + d x̂̇));
//                                                                          δγ̇ = Σ(δ̇x̂ + δx̂̇); δβ̇ = Σ δ̇
//
// Shapes: images [E, N, H·W, C]; statistics [E, N, 2C]: means, then reciprocal deviations; parameters [E, C] within a longer vector. Every
// operand that is read is passed with its number of floats between members (0: shared).
// Memory: every result is assigned (=). Parameter cotangents are sums over the samples, too: each block assigns its sample's share to
// partials [E, N, 2C], and instance_norm_sum_parameters adds them; with one sample, the shares are the result and are assigned directly. No
// atomics.
// Tiling: a block processes the whole plane of 8 to 32 channels of one sample (ColumnTile.cuh), sums its columns and writes the result. In
// the plain kernels each thread keeps its pixels of every operand in registers (the fourth operand of the backward tangent in shared
// memory), so that all successive means need only one read; planes that are too large for that (above 4096 pixels forward, 1024 otherwise)
// use the _streaming kernels, which read them again from the L2 cache for each mean.
// Statistics are computed from the deviations from the mean, never as E[x²] − μ², which loses digits for images far from zero.
// Intensity: floats moved per pixel and channel: forward 2, forward tangent 3, backward 3, its tangent 5; flops about 6, 9, 9 and 30: at
// most 1.5 flops per byte.
// Target bound: memory bandwidth.
#include "ColumnTile.cuh"

namespace ddm {

__device__ constexpr float NormEpsilon = 1e-5f;
__device__ constexpr int ForwardRows = 16;
__device__ constexpr int ForwardThreads = 512;
__device__ constexpr int OtherRows = 4;
__device__ constexpr int OtherThreads = 512;

// Values that a block reads once for each of its channels.
enum ChannelValue { Mean, Reciprocal, Scale, ScaleTangent, Shift, ChannelValues };

// Stages a sample's saved means and reciprocal deviations.
template <int W>
__device__ __forceinline__ void stage_statistics(
    const ColumnTile<W>& tile, float (&values)[ChannelValues][32], const float* statistics, long long member, int samples, int channels)
{
    const float* saved = statistics + tile.member * member + static_cast<long long>(tile.sample) * 2 * channels;
    stage(tile, values[Mean], saved, channels);
    stage(tile, values[Reciprocal], saved + channels, channels);
}

template <int W>
struct Statistics {
    Lanes<W> mean;
    Lanes<W> reciprocal;

    __device__ __forceinline__ Statistics(const ColumnTile<W>& tile, const float (&values)[ChannelValues][32])
        : mean(staged(tile, values[Mean])), reciprocal(staged(tile, values[Reciprocal]))
    {
    }

    __device__ __forceinline__ float normal(float x, int w) const { return (x - mean.at[w]) * reciprocal.at[w]; }
};

// The first float of the block's sample.
template <int W>
__device__ __forceinline__ long long sample_offset(const ColumnTile<W>& tile, long long member, int pixels, int channels)
{
    return tile.member * member + static_cast<long long>(tile.sample) * pixels * channels;
}

template <int W>
__device__ __forceinline__ void divide_all(Lanes<W>& sums, int count)
{
#pragma unroll
    for (int w = 0; w < W; w++)
        sums.at[w] = divide(sums.at[w], static_cast<float>(count));
}

template <int W, int Kept>
__device__ __forceinline__ void norm_forward(
    const float* x, long long x_member, const float* scale, long long scale_member, const float* shift, long long shift_member,
    float* y, float* statistics, int samples, int pixels, int channels, int lanes)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(1, ForwardThreads)];
    __shared__ __attribute__((aligned(16))) float values[ChannelValues][32];
    ColumnTile<W> tile(samples, pixels, channels, lanes);
    Rows<W, Kept> image(tile, x + sample_offset(tile, x_member, pixels, channels), channels);
    stage(tile, values[Scale], scale + tile.member * scale_member, channels);
    stage(tile, values[Shift], shift + tile.member * shift_member, channels);
    __syncthreads();

    Lanes<W> mean[1] = {fill<W>(0.0f)};
    each_row<Kept>(tile.row_lane, tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row);
        mean[0] = lane_by_lane<W>([&](int w) { return mean[0].at[w] + value.at[w]; });
    });
    sum_columns(tile, mean, scratch);
    divide_all(mean[0], pixels);

    Lanes<W> variance[1] = {fill<W>(0.0f)};
    each_row<Kept>(anew(tile.row_lane), tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row);
        variance[0] = lane_by_lane<W>([&](int w) {
            float deviation = value.at[w] - mean[0].at[w];
            return fma(deviation, deviation, variance[0].at[w]);
        });
    });
    sum_columns(tile, variance, scratch);
    divide_all(variance[0], pixels);

    Lanes<W> reciprocal = lane_by_lane<W>([&](int w) { return divide(1.0f, sqrt(variance[0].at[w] + NormEpsilon)); });
    if (tile.is_first()) {
        float* saved = statistics + (static_cast<long long>(tile.member) * samples + tile.sample) * 2 * channels + tile.column;
        store<W>(saved, mean[0]);
        store<W>(saved + channels, reciprocal);
    }
    Lanes<W> gamma = staged(tile, values[Scale]), beta = staged(tile, values[Shift]);
    float* target = y + (static_cast<long long>(tile.member) * samples + tile.sample) * pixels * channels + tile.column;
    each_row<Kept>(anew(tile.row_lane), tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row);
        store<W>(target + static_cast<long long>(row) * channels, lane_by_lane<W>([&](int w) {
            return fma(value.at[w] - mean[0].at[w], reciprocal.at[w] * gamma.at[w], beta.at[w]);
        }));
    });
}

template <int W, int Kept>
__device__ __forceinline__ void norm_forward_tangent(
    const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, const float* statistics,
    long long statistics_member,
    const float* scale, long long scale_member, const float* scale_tangent, long long scale_tangent_member,
    const float* shift_tangent, long long shift_tangent_member, float* y_tangent, int samples, int pixels, int channels, int lanes)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(2, OtherThreads)];
    __shared__ __attribute__((aligned(16))) float values[ChannelValues][32];
    ColumnTile<W> tile(samples, pixels, channels, lanes);
    Rows<W, Kept> image(tile, x + sample_offset(tile, x_member, pixels, channels), channels);
    Rows<W, Kept> tangent(tile, x_tangent + sample_offset(tile, x_tangent_member, pixels, channels), channels);
    stage_statistics(tile, values, statistics, statistics_member, samples, channels);
    stage(tile, values[Scale], scale + tile.member * scale_member, channels);
    stage(tile, values[ScaleTangent], scale_tangent + tile.member * scale_tangent_member, channels);
    stage(tile, values[Shift], shift_tangent + tile.member * shift_tangent_member, channels);
    __syncthreads();
    Statistics<W> of(tile, values);

    Lanes<W> means[2] = {fill<W>(0.0f), fill<W>(0.0f)}; // of ẋ and of x̂ẋ
    each_row<Kept>(tile.row_lane, tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), dot = tangent.at(slot, row);
        means[0] = lane_by_lane<W>([&](int w) { return means[0].at[w] + dot.at[w]; });
        means[1] = lane_by_lane<W>([&](int w) { return fma(of.normal(value.at[w], w), dot.at[w], means[1].at[w]); });
    });
    sum_columns(tile, means, scratch);
    divide_all(means[0], pixels);
    divide_all(means[1], pixels);

    Lanes<W> gamma = staged(tile, values[Scale]), gamma_dot = staged(tile, values[ScaleTangent]);
    Lanes<W> beta_dot = staged(tile, values[Shift]);
    float* target = y_tangent + (static_cast<long long>(tile.member) * samples + tile.sample) * pixels * channels + tile.column;
    each_row<Kept>(anew(tile.row_lane), tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), dot = tangent.at(slot, row);
        store<W>(target + static_cast<long long>(row) * channels, lane_by_lane<W>([&](int w) {
            float normal = of.normal(value.at[w], w);
            float centred = fma(-normal, means[1].at[w], dot.at[w] - means[0].at[w]);
            return fma(gamma_dot.at[w], normal, fma(gamma.at[w] * of.reciprocal.at[w], centred, beta_dot.at[w]));
        }));
    });
}

// Stores a sample's share of the two parameter cotangents in shared memory, where they take no registers.
template <int W>
__device__ __forceinline__ void keep_shares(const ColumnTile<W>& tile, float (&shares)[2][32], const Lanes<W>& scale, const Lanes<W>& shift)
{
    if (tile.is_first()) {
        store<W>(shares[0] + tile.column_lane * W, scale);
        store<W>(shares[1] + tile.column_lane * W, shift);
    }
}

// Assigns them after a barrier, one float per thread, since the slices start anywhere in their vector.
template <int W>
__device__ __forceinline__ void assign_shares(
    const ColumnTile<W>& tile, float (&shares)[2][32], float* scale_shares, long long scale_share_member, float* shift_shares,
    long long shift_share_member, int share_sample, int channels)
{
    __syncthreads();
    int place = threadIdx.x, column = tile.first_column + place;
    if (place < tile.column_lanes * W && column < channels) {
        long long offset = static_cast<long long>(tile.sample) * share_sample + column;
        scale_shares[tile.member * scale_share_member + offset] = shares[0][place];
        shift_shares[tile.member * shift_share_member + offset] = shares[1][place];
    }
}

template <int W, int Kept>
__device__ __forceinline__ void norm_backward(
    const float* x, long long x_member, const float* statistics, long long statistics_member, const float* cotangent,
    long long cotangent_member,
    const float* scale, long long scale_member, float* x_cotangent, float* scale_shares, long long scale_share_member,
    float* shift_shares, long long shift_share_member, int share_sample,
    int samples, int pixels, int channels, int lanes)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(2, OtherThreads)];
    __shared__ __attribute__((aligned(16))) float values[ChannelValues][32];
    __shared__ __attribute__((aligned(16))) float shares[2][32];
    ColumnTile<W> tile(samples, pixels, channels, lanes);
    Rows<W, Kept> image(tile, x + sample_offset(tile, x_member, pixels, channels), channels);
    Rows<W, Kept> delta(tile, cotangent + sample_offset(tile, cotangent_member, pixels, channels), channels);
    stage_statistics(tile, values, statistics, statistics_member, samples, channels);
    stage(tile, values[Scale], scale + tile.member * scale_member, channels);
    __syncthreads();
    Statistics<W> of(tile, values);

    Lanes<W> sums[2] = {fill<W>(0.0f), fill<W>(0.0f)}; // of δ and of δx̂
    each_row<Kept>(tile.row_lane, tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), error = delta.at(slot, row);
        sums[0] = lane_by_lane<W>([&](int w) { return sums[0].at[w] + error.at[w]; });
        sums[1] = lane_by_lane<W>([&](int w) { return fma(of.normal(value.at[w], w), error.at[w], sums[1].at[w]); });
    });
    sum_columns(tile, sums, scratch);
    keep_shares(tile, shares, sums[1], sums[0]);
    assign_shares(tile, shares, scale_shares, scale_share_member, shift_shares, shift_share_member, share_sample, channels);
    divide_all(sums[0], pixels);
    divide_all(sums[1], pixels);

    Lanes<W> gamma = staged(tile, values[Scale]);
    float* target = x_cotangent + (static_cast<long long>(tile.member) * samples + tile.sample) * pixels * channels + tile.column;
    each_row<Kept>(anew(tile.row_lane), tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), error = delta.at(slot, row);
        store<W>(target + static_cast<long long>(row) * channels, lane_by_lane<W>([&](int w) {
            float centred = fma(-of.normal(value.at[w], w), sums[1].at[w], error.at[w] - sums[0].at[w]);
            return gamma.at[w] * of.reciprocal.at[w] * centred;
        }));
    });
}

template <int W, int Kept>
__device__ __forceinline__ void norm_backward_tangent(
    const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, const float* statistics,
    long long statistics_member,
    const float* cotangent, long long cotangent_member, const float* cotangent_tangent, long long cotangent_tangent_member,
    const float* scale, long long scale_member, const float* scale_tangent, long long scale_tangent_member,
    float* x_cotangent_tangent, float* scale_shares, long long scale_share_member, float* shift_shares, long long shift_share_member,
    int share_sample,
    int samples, int pixels, int channels, int lanes)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(6, OtherThreads)];
    __shared__ __attribute__((aligned(16))) float values[ChannelValues][32];
    __shared__ __attribute__((aligned(16))) float shares[2][32];
    ColumnTile<W> tile(samples, pixels, channels, lanes);
    Rows<W, Kept> image(tile, x + sample_offset(tile, x_member, pixels, channels), channels);
    Rows<W, Kept> tangent(tile, x_tangent + sample_offset(tile, x_tangent_member, pixels, channels), channels);
    Rows<W, Kept> delta(tile, cotangent + sample_offset(tile, cotangent_member, pixels, channels), channels);
    __shared__ __attribute__((aligned(16))) float plane[Kept > 0 ? W * Kept * OtherThreads : 1];
    SharedRows<W, Kept> delta_dot(
        plane, tile, cotangent_tangent + sample_offset(tile, cotangent_tangent_member, pixels, channels), channels);
    stage_statistics(tile, values, statistics, statistics_member, samples, channels);
    stage(tile, values[Scale], scale + tile.member * scale_member, channels);
    stage(tile, values[ScaleTangent], scale_tangent + tile.member * scale_tangent_member, channels);
    __syncthreads();
    Statistics<W> of(tile, values);

    enum { XDot, NormalXDot, Delta, DeltaNormal, DeltaDot, DeltaDotNormal, Means };
    Lanes<W> means[Means];
#pragma unroll
    for (int i = 0; i < Means; i++)
        means[i] = fill<W>(0.0f);
    each_row<Kept>(tile.row_lane, tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), dot = tangent.at(slot, row), error = delta.at(slot, row), error_dot = delta_dot.at(slot, row);
#pragma unroll
        for (int w = 0; w < W; w++) {
            float normal = of.normal(value.at[w], w);
            means[XDot].at[w] += dot.at[w];
            means[NormalXDot].at[w] = fma(normal, dot.at[w], means[NormalXDot].at[w]);
            means[Delta].at[w] += error.at[w];
            means[DeltaNormal].at[w] = fma(normal, error.at[w], means[DeltaNormal].at[w]);
            means[DeltaDot].at[w] += error_dot.at[w];
            means[DeltaDotNormal].at[w] = fma(normal, error_dot.at[w], means[DeltaDotNormal].at[w]);
        }
    });
    sum_columns(tile, means, scratch);
    keep_shares(tile, shares, means[DeltaDotNormal], means[DeltaDot]);
#pragma unroll
    for (int i = 0; i < Means; i++)
        divide_all(means[i], pixels);

    // x̂̇, whose product with δ is summed only after its own means are known: expanded into sums of products it would lose digits where ẋ
    // is far from zero.
    auto normal_dot = [&](float value, float dot, int w) {
        return of.reciprocal.at[w] * fma(-of.normal(value, w), means[NormalXDot].at[w], dot - means[XDot].at[w]);
    };
    Lanes<W> mixed[1] = {fill<W>(0.0f)};
    each_row<Kept>(anew(tile.row_lane), tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), dot = tangent.at(slot, row), error = delta.at(slot, row);
        mixed[0] = lane_by_lane<W>([&](int w) { return fma(error.at[w], normal_dot(value.at[w], dot.at[w], w), mixed[0].at[w]); });
    });
    sum_columns(tile, mixed, scratch);
    if (scale_shares != nullptr) {
        if (tile.is_first()) {
            Lanes<W> rest = staged(tile, shares[0]);
            store<W>(shares[0] + tile.column_lane * W, lane_by_lane<W>([&](int w) { return rest.at[w] + mixed[0].at[w]; }));
        }
        assign_shares(tile, shares, scale_shares, scale_share_member, shift_shares, shift_share_member, share_sample, channels);
    }
    divide_all(mixed[0], pixels);

    Lanes<W> gamma = staged(tile, values[Scale]), gamma_dot = staged(tile, values[ScaleTangent]);
    float* target = x_cotangent_tangent + (static_cast<long long>(tile.member) * samples + tile.sample) * pixels * channels + tile.column;
    each_row<Kept>(anew(tile.row_lane), tile.row_lanes, tile.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), dot = tangent.at(slot, row), error = delta.at(slot, row), error_dot = delta_dot.at(slot, row);
        store<W>(target + static_cast<long long>(row) * channels, lane_by_lane<W>([&](int w) {
            float g = gamma.at[w], g_dot = gamma_dot.at[w], r = of.reciprocal.at[w], normal = of.normal(value.at[w], w);
            float centred = fma(-normal, means[DeltaNormal].at[w], error.at[w] - means[Delta].at[w]);
            float centred_dot = fma(-normal, means[DeltaDotNormal].at[w] + mixed[0].at[w], error_dot.at[w] - means[DeltaDot].at[w]);
            centred_dot = fma(-normal_dot(value.at[w], dot.at[w], w), means[DeltaNormal].at[w], centred_dot);
            // r(γ̇·(δ centred) + γ·(δ̇ centred)) − r·mean(x̂ẋ)·δx with δx = rγ·(δ centred).
            return r * fma(fma(-r * g, means[NormalXDot].at[w], g_dot), centred, g * centred_dot);
        }));
    });
}

} // namespace ddm

#define DDM_NORM_FORWARD(NAME, W, KEPT) \
    extern "C" __global__ void __launch_bounds__(ddm::ForwardThreads) NAME( \
        const float* x, long long x_member, const float* scale, long long scale_member, const float* shift, long long shift_member, \
        float* y, \
        float* statistics, int samples, int pixels, int channels, int lanes) \
    { \
        ddm::norm_forward<W, KEPT>(x, x_member, scale, scale_member, shift, shift_member, y, statistics, samples, pixels, \
            channels, lanes); \
    }

#define DDM_NORM_FORWARD_TANGENT(NAME, W, KEPT) \
    extern "C" __global__ void __launch_bounds__(ddm::OtherThreads) NAME( \
        const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, const float* statistics, \
        long long statistics_member, \
        const float* scale, long long scale_member, const float* scale_tangent, long long scale_tangent_member, \
        const float* shift_tangent, \
        long long shift_tangent_member, float* y_tangent, int samples, int pixels, int channels, int lanes) \
    { \
        ddm::norm_forward_tangent<W, KEPT>(x, x_member, x_tangent, x_tangent_member, statistics, statistics_member, scale, scale_member, \
            scale_tangent, scale_tangent_member, shift_tangent, shift_tangent_member, y_tangent, samples, pixels, channels, lanes); \
    }

#define DDM_NORM_BACKWARD(NAME, W, KEPT) \
    extern "C" __global__ void __launch_bounds__(ddm::OtherThreads) NAME( \
        const float* x, long long x_member, const float* statistics, long long statistics_member, const float* cotangent, \
        long long cotangent_member, \
        const float* scale, long long scale_member, float* x_cotangent, float* scale_shares, long long scale_share_member, \
        float* shift_shares, \
        long long shift_share_member, int share_sample, int samples, int pixels, int channels, int lanes) \
    { \
        ddm::norm_backward<W, KEPT>(x, x_member, statistics, statistics_member, cotangent, cotangent_member, scale, scale_member, \
            x_cotangent, scale_shares, scale_share_member, shift_shares, shift_share_member, share_sample, samples, pixels, \
            channels, lanes); \
    }

#define DDM_NORM_BACKWARD_TANGENT(NAME, W, KEPT) \
    extern "C" __global__ void __launch_bounds__(ddm::OtherThreads) NAME( \
        const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, const float* statistics, \
        long long statistics_member, \
        const float* cotangent, long long cotangent_member, const float* cotangent_tangent, long long cotangent_tangent_member, \
        const float* scale, \
        long long scale_member, const float* scale_tangent, long long scale_tangent_member, float* x_cotangent_tangent, \
        float* scale_shares, \
        long long scale_share_member, float* shift_shares, long long shift_share_member, int share_sample, int samples, int pixels, \
        int channels, int lanes) \
    { \
        ddm::norm_backward_tangent<W, KEPT>(x, x_member, x_tangent, x_tangent_member, statistics, statistics_member, cotangent, \
            cotangent_member, cotangent_tangent, cotangent_tangent_member, scale, scale_member, scale_tangent, scale_tangent_member, \
            x_cotangent_tangent, scale_shares, scale_share_member, shift_shares, shift_share_member, share_sample, samples, \
            pixels, channels, lanes); \
    }

#define DDM_NORM(FORM, W, FORWARD_KEPT, OTHER_KEPT) \
    DDM_NORM_FORWARD(instance_norm_forward_##FORM, W, FORWARD_KEPT) \
    DDM_NORM_FORWARD_TANGENT(instance_norm_forward_tangent_##FORM, W, OTHER_KEPT) \
    DDM_NORM_BACKWARD(instance_norm_backward_##FORM, W, OTHER_KEPT) \
    DDM_NORM_BACKWARD_TANGENT(instance_norm_backward_tangent_##FORM, W, OTHER_KEPT)

// A module for each form, as listed in CMakeLists.txt, and one for the sum of parameters, which all of them use.
#if defined(DDM_NORM_VECTOR)
DDM_NORM(vector, 4, ddm::ForwardRows, ddm::OtherRows)
#elif defined(DDM_NORM_SCALAR)
DDM_NORM(scalar, 1, ddm::ForwardRows, ddm::OtherRows)
#elif defined(DDM_NORM_VECTOR_STREAMING)
DDM_NORM(vector_streaming, 4, 0, 0)
#elif defined(DDM_NORM_SCALAR_STREAMING)
DDM_NORM(scalar_streaming, 1, 0, 0)
#else

// δγ, δβ [E, C] = Σₙ of the samples' shares [E, N, 2C] (scale, then shift).
extern "C" __global__ void __launch_bounds__(256) instance_norm_sum_parameters(
    const float* shares, float* scale, long long scale_member, float* shift, long long shift_member, int samples, int channels, int lanes)
{
    using namespace ddm;
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(1, 256)];
    ColumnTile<1> tile(1, samples, 2 * channels, lanes);
    Rows<1, 0> rows(tile, shares + static_cast<long long>(tile.member) * samples * 2 * channels, 2 * channels);
    Lanes<1> sums[1] = {fill<1>(0.0f)};
    each_row<0>(tile.row_lane, tile.row_lanes, tile.rows, [&](int slot, int row) { sums[0].at[0] += rows.at(slot, row).at[0]; });
    sum_columns(tile, sums, scratch);
    if (!tile.is_first())
        return;
    if (tile.column < channels)
        scale[tile.member * scale_member + tile.column] = sums[0].at[0];
    else
        shift[tile.member * shift_member + tile.column - channels] = sums[0].at[0];
}

#endif
