// The passes over images of batch norm, frozen batch norm and group norm (docs/mathematics.md, "Batch norm" and "Group norm"). They differ
// in what the means are over, which BatchNorm.cu and GroupNorm.cu compute between a pass that sums and a pass that writes.
//
//     r = 1/√(σ² + ε), x̂ = (x − μ)r, d = γδ, ḋ = γ̇δ + γδ̇
//     moments              of the present rows: their mean m, Σ(x − m), Σ(x − m)²
//     sums                 Σ u, Σ x̂u of one or two images u
//     tangent sums         Σ δ̇, Σ(δ̇x̂ + δx̂̇) with x̂̇ = r(ẋ − mean ẋ − x̂·mean(x̂ẋ))
//     forward              y  = γx̂ + β
//     forward tangent      ẏ  = γ̇x̂ + γx̂̇ + β̇
//     backward             δx = r(d − mean d − x̂·mean(d x̂))
//     backward tangent     δẋ = −r·mean(x̂ẋ)·δx + r(ḋ − mean ḋ − x̂̇·mean(d x̂) − x̂·mean(ḋx̂ + d x̂̇))
//
// Shapes: images [E or 1, N, H·W, C]; statistics and means [E or 1, N or 1, values, C or groups]; parameters [E or 1, C] within a longer
// vector; presence [E or 1, N]. Every operand that is read is passed with its number of floats between members (0: shared).
// Memory: results are assigned (=), zeros in the backward results of absent samples. Sums go to partials [E, parts, values, C], from each
// block those of its part; the kernels that follow add the parts in their order. No atomics.
// Tiling: ChannelNorm.cuh. The passes read each operand once; the moments read x twice, because a sum of squares about zero has no digits
// left for an image far from zero.
// Intensity: 2 to 20 flops for 1 to 5 floats. Target bound: memory bandwidth.
#include "ChannelNorm.cuh"

namespace ddm {

constexpr int PartThreads = 256;

template <int W>
__device__ __forceinline__ void norm_moments(const NormImages& images, float* partials)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(2, PartThreads)];
    Part<W> part(images);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member);
    int count = 0;
    for (int n = 0; n < images.part_samples && part.first_sample + n < images.samples; n++)
        count += images.is_present(part.member, part.first_sample + n) ? images.pixels : 0;

    Lanes<W> mean[1] = {fill<W>(0.0f)};
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        if (part.is_present(row)) {
            Lanes<W> value = image.at(slot, row);
            mean[0] = lane_by_lane<W>([&](int w) { return mean[0].at[w] + value.at[w]; });
        }
    });
    sum_columns(part, mean, scratch);
    mean[0] = lane_by_lane<W>([&](int w) { return divide(mean[0].at[w], static_cast<float>(count > 0 ? count : 1)); });

    Lanes<W> sums[2] = {fill<W>(0.0f), fill<W>(0.0f)};
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        if (part.is_present(row)) {
            Lanes<W> value = image.at(slot, row);
#pragma unroll
            for (int w = 0; w < W; w++) {
                float away = value.at[w] - mean[0].at[w];
                sums[0].at[w] += away;
                sums[1].at[w] = fma(away, away, sums[1].at[w]);
            }
        }
    });
    sum_columns(part, sums, scratch);
    if (part.is_first()) {
        float* own = part.partial(partials, 3);
        store<W>(own, mean[0]);
        store<W>(own + images.channels, sums[0]);
        store<W>(own + 2 * images.channels, sums[1]);
    }
}

template <int W, int Images>
__device__ __forceinline__ void norm_sums(
    const NormImages& images, const float* first, long long first_member, const float* second, long long second_member, float* partials)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(2 * Images, PartThreads)];
    Part<W> part(images);
    NormStatistics<W> of(part);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member);
    Rows<W, 0> one = part.rows_of(first, first_member), two = part.rows_of(second, second_member);
    Lanes<W> sums[2 * Images];
#pragma unroll
    for (int i = 0; i < 2 * Images; i++)
        sums[i] = fill<W>(0.0f);
    auto add = [&](int which, const Lanes<W>& value, const Lanes<W>& u) {
#pragma unroll
        for (int w = 0; w < W; w++) {
            sums[which].at[w] += u.at[w];
            sums[which + 1].at[w] = fma(of.normal(value.at[w], w), u.at[w], sums[which + 1].at[w]);
        }
    };
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        if (part.is_present(row)) {
            Lanes<W> value = image.at(slot, row);
            add(0, value, one.at(slot, row));
            if constexpr (Images > 1)
                add(2, value, two.at(slot, row));
        }
    });
    sum_columns(part, sums, scratch);
    if (part.is_first()) {
        float* own = part.partial(partials, 2 * Images);
#pragma unroll
        for (int i = 0; i < 2 * Images; i++)
            store<W>(own + i * images.channels, sums[i]);
    }
}

// ẋ may be absent: it is zero.
template <int W>
__device__ __forceinline__ void norm_tangent_sums(
    const NormImages& images, const float* x_tangent, long long x_tangent_member, const float* cotangent, long long cotangent_member,
    const float* cotangent_tangent, long long cotangent_tangent_member, const NormMeans& means, float* partials)
{
    __shared__ __attribute__((aligned(16))) float scratch[scratch_floats(2, PartThreads)];
    Part<W> part(images);
    NormStatistics<W> of(part);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member), tangent = part.rows_of(x_tangent, x_tangent_member);
    Rows<W, 0> delta = part.rows_of(cotangent, cotangent_member), delta_dot = part.rows_of(cotangent_tangent, cotangent_tangent_member);
    Lanes<W> dot_mean = means.at(part, 0), normal_dot_mean = means.at(part, 1);
    Lanes<W> sums[2] = {fill<W>(0.0f), fill<W>(0.0f)};
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        if (!part.is_present(row))
            return;
        Lanes<W> value = image.at(slot, row), error = delta.at(slot, row), error_dot = delta_dot.at(slot, row);
        Lanes<W> dot = fill<W>(0.0f);
        if (x_tangent != nullptr)
            dot = tangent.at(slot, row);
#pragma unroll
        for (int w = 0; w < W; w++) {
            float normal = of.normal(value.at[w], w);
            float moved = of.reciprocal.at[w] * fma(-normal, normal_dot_mean.at[w], dot.at[w] - dot_mean.at[w]);
            sums[0].at[w] += error_dot.at[w];
            sums[1].at[w] = fma(error_dot.at[w], normal, fma(error.at[w], moved, sums[1].at[w]));
        }
    });
    sum_columns(part, sums, scratch);
    if (part.is_first()) {
        float* own = part.partial(partials, 2);
        store<W>(own, sums[0]);
        store<W>(own + images.channels, sums[1]);
    }
}

template <int W>
__device__ __forceinline__ void norm_forward(
    const NormImages& images, const float* scale, long long scale_member, const float* shift, long long shift_member, float* y)
{
    Part<W> part(images);
    NormStatistics<W> of(part);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member);
    Lanes<W> gamma = part.parameters(scale, scale_member), beta = part.parameters(shift, shift_member);
    float* target = part.result(y);
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row);
        store<W>(target + static_cast<long long>(row) * images.channels, lane_by_lane<W>([&](int w) {
            return fma(value.at[w] - of.mean.at[w], of.reciprocal.at[w] * gamma.at[w], beta.at[w]);
        }));
    });
}

// ẋ may be absent: it is zero.
template <int W>
__device__ __forceinline__ void norm_forward_tangent(
    const NormImages& images, const float* x_tangent, long long x_tangent_member, const NormMeans& means, const float* scale,
    long long scale_member, const float* scale_tangent, long long scale_tangent_member, const float* shift_tangent,
    long long shift_tangent_member, float* y_tangent)
{
    Part<W> part(images);
    NormStatistics<W> of(part);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member), tangent = part.rows_of(x_tangent, x_tangent_member);
    Lanes<W> gamma = part.parameters(scale, scale_member), gamma_dot = part.parameters(scale_tangent, scale_tangent_member);
    Lanes<W> beta_dot = part.parameters(shift_tangent, shift_tangent_member);
    Lanes<W> dot_mean = means.at(part, 0), normal_dot_mean = means.at(part, 1);
    Lanes<W> gain = lane_by_lane<W>([&](int w) { return of.reciprocal.at[w] * gamma.at[w]; });
    Lanes<W> slope = lane_by_lane<W>([&](int w) {
        return of.reciprocal.at[w] * fma(-gain.at[w], normal_dot_mean.at[w], gamma_dot.at[w]);
    });
    float* target = part.result(y_tangent);
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        Lanes<W> value = image.at(slot, row), dot = dot_mean;
        if (x_tangent != nullptr)
            dot = tangent.at(slot, row);
        store<W>(target + static_cast<long long>(row) * images.channels, lane_by_lane<W>([&](int w) {
            return fma(slope.at[w], value.at[w] - of.mean.at[w], fma(gain.at[w], dot.at[w] - dot_mean.at[w], beta_dot.at[w]));
        }));
    });
}

// Means: of d and of d x̂ if they are weighted by the scale, otherwise of δ and of δx̂; none: zeros.
template <int W>
__device__ __forceinline__ void norm_backward(
    const NormImages& images, const float* cotangent, long long cotangent_member, const NormMeans& means, bool are_weighted,
    const float* scale, long long scale_member, float* x_cotangent)
{
    Part<W> part(images);
    NormStatistics<W> of(part);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member), delta = part.rows_of(cotangent, cotangent_member);
    Lanes<W> gamma = part.parameters(scale, scale_member);
    Lanes<W> weight = are_weighted ? fill<W>(1.0f) : gamma, mean = means.at(part, 0), normal_mean = means.at(part, 1);
    Lanes<W> gain = lane_by_lane<W>([&](int w) { return of.reciprocal.at[w] * gamma.at[w]; });
    Lanes<W> offset = lane_by_lane<W>([&](int w) { return -of.reciprocal.at[w] * (weight.at[w] * mean.at[w]); });
    Lanes<W> slope = lane_by_lane<W>([&](int w) {
        return -of.reciprocal.at[w] * of.reciprocal.at[w] * (weight.at[w] * normal_mean.at[w]);
    });
    float* target = part.result(x_cotangent);
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        Lanes<W> result = fill<W>(0.0f);
        if (part.is_present(row)) {
            Lanes<W> error = delta.at(slot, row), value = of.mean;
            if (means.values != nullptr)
                value = image.at(slot, row);
            result = lane_by_lane<W>([&](int w) {
                return fma(slope.at[w], value.at[w] - of.mean.at[w], fma(gain.at[w], error.at[w], offset.at[w]));
            });
        }
        store<W>(target + static_cast<long long>(row) * images.channels, result);
    });
}

// Means: of ẋ and x̂ẋ; and of d, d x̂, ḋ and ḋx̂ + d x̂̇ if they are weighted by the scale and its tangent, otherwise of δ, δx̂, δ̇ and
// δ̇x̂ + δx̂̇; none: zeros.
template <int W>
__device__ __forceinline__ void norm_backward_tangent(
    const NormImages& images, const float* x_tangent, long long x_tangent_member, const float* cotangent, long long cotangent_member,
    const float* cotangent_tangent, long long cotangent_tangent_member, const NormMeans& means, bool are_weighted, const float* scale,
    long long scale_member, const float* scale_tangent, long long scale_tangent_member, float* result)
{
    Part<W> part(images);
    NormStatistics<W> of(part);
    Rows<W, 0> image = part.rows_of(images.x, images.x_member), tangent = part.rows_of(x_tangent, x_tangent_member);
    Rows<W, 0> delta = part.rows_of(cotangent, cotangent_member), delta_dot = part.rows_of(cotangent_tangent, cotangent_tangent_member);
    Lanes<W> dot_mean = means.at(part, 0);
    // δẋ = change·δ + gain·δ̇ + bend·(ẋ − mean ẋ) + slope·(x − μ) + offset: x̂̇ = r(ẋ − mean ẋ) − r·mean(x̂ẋ)·x̂, and δx holds δ and x̂.
    Lanes<W> change, gain, bend, slope, offset;
    {
        Lanes<W> gamma = part.parameters(scale, scale_member), gamma_dot = part.parameters(scale_tangent, scale_tangent_member);
        Lanes<W> normal_dot_mean = means.at(part, 1), mean = means.at(part, 2), normal_mean = means.at(part, 3);
        Lanes<W> mean_dot = means.at(part, 4), normal_mean_dot = means.at(part, 5);
#pragma unroll
        for (int w = 0; w < W; w++) {
            float r = of.reciprocal.at[w], g = gamma.at[w], g_dot = gamma_dot.at[w];
            float d = mean.at[w], d_normal = normal_mean.at[w], d_dot = mean_dot.at[w], mixed = normal_mean_dot.at[w];
            if (!are_weighted) {
                d_dot = fma(g_dot, d, g * d_dot);
                mixed = fma(g_dot, d_normal, g * mixed);
                d *= g;
                d_normal *= g;
            }
            float contraction = r * normal_dot_mean.at[w];
            gain.at[w] = r * g;
            change.at[w] = r * fma(-contraction, g, g_dot);
            bend.at[w] = -r * r * d_normal;
            slope.at[w] = r * r * fma(2.0f * contraction, d_normal, -mixed);
            offset.at[w] = r * fma(contraction, d, -d_dot);
        }
    }
    float* target = part.result(result);
    each_row<0>(part.row_lane, part.row_lanes, part.rows, [&](int slot, int row) {
        Lanes<W> sum = fill<W>(0.0f);
        if (part.is_present(row)) {
            Lanes<W> error = delta.at(slot, row), error_dot = delta_dot.at(slot, row);
            sum = lane_by_lane<W>([&](int w) { return fma(change.at[w], error.at[w], fma(gain.at[w], error_dot.at[w], offset.at[w])); });
            if (means.values != nullptr) {
                Lanes<W> value = image.at(slot, row), dot = tangent.at(slot, row);
                sum = lane_by_lane<W>([&](int w) {
                    return fma(slope.at[w], value.at[w] - of.mean.at[w], fma(bend.at[w], dot.at[w] - dot_mean.at[w], sum.at[w]));
                });
            }
        }
        store<W>(target + static_cast<long long>(row) * images.channels, sum);
    });
}

} // namespace ddm

#define DDM_NORM_MEANS const float *means, long long means_member, int means_sample, int means_stride
#define DDM_NORM_MEANS_MADE ddm::NormMeans{means, means_member, means_sample, means_stride}
// By default ptxas spills in the backward kernels to fit five blocks on a multiprocessor; the launch bounds request four.
#define DDM_NORM_KERNEL(NAME, ...) extern "C" __global__ void __launch_bounds__(256, ##__VA_ARGS__) channel_norm_##NAME

#define DDM_NORM(FORM, W) \
    DDM_NORM_KERNEL(moments_##FORM)(DDM_NORM_IMAGES, float* partials) \
    { \
        ddm::norm_moments<W>(DDM_NORM_IMAGES_MADE, partials); \
    } \
    DDM_NORM_KERNEL(sums_##FORM)(DDM_NORM_IMAGES, const float* u, long long u_member, float* partials) \
    { \
        ddm::norm_sums<W, 1>(DDM_NORM_IMAGES_MADE, u, u_member, u, u_member, partials); \
    } \
    DDM_NORM_KERNEL(sums_of_two_##FORM)( \
        DDM_NORM_IMAGES, const float* first, long long first_member, const float* second, long long second_member, float* partials) \
    { \
        ddm::norm_sums<W, 2>(DDM_NORM_IMAGES_MADE, first, first_member, second, second_member, partials); \
    } \
    DDM_NORM_KERNEL(tangent_sums_##FORM)( \
        DDM_NORM_IMAGES, const float* x_tangent, long long x_tangent_member, const float* cotangent, long long cotangent_member, \
        const float* cotangent_tangent, long long cotangent_tangent_member, DDM_NORM_MEANS, float* partials) \
    { \
        ddm::norm_tangent_sums<W>(DDM_NORM_IMAGES_MADE, x_tangent, x_tangent_member, cotangent, cotangent_member, cotangent_tangent, \
            cotangent_tangent_member, DDM_NORM_MEANS_MADE, partials); \
    } \
    DDM_NORM_KERNEL(forward_##FORM)( \
        DDM_NORM_IMAGES, const float* scale, long long scale_member, const float* shift, long long shift_member, float* y) \
    { \
        ddm::norm_forward<W>(DDM_NORM_IMAGES_MADE, scale, scale_member, shift, shift_member, y); \
    } \
    DDM_NORM_KERNEL(forward_tangent_##FORM)( \
        DDM_NORM_IMAGES, const float* x_tangent, long long x_tangent_member, DDM_NORM_MEANS, const float* scale, long long scale_member, \
        const float* scale_tangent, long long scale_tangent_member, const float* shift_tangent, long long shift_tangent_member, \
        float* y_tangent) \
    { \
        ddm::norm_forward_tangent<W>(DDM_NORM_IMAGES_MADE, x_tangent, x_tangent_member, DDM_NORM_MEANS_MADE, scale, scale_member, \
            scale_tangent, scale_tangent_member, shift_tangent, shift_tangent_member, y_tangent); \
    } \
    DDM_NORM_KERNEL(backward_##FORM, 4)( \
        DDM_NORM_IMAGES, const float* cotangent, long long cotangent_member, DDM_NORM_MEANS, int are_weighted, const float* scale, \
        long long scale_member, float* x_cotangent) \
    { \
        ddm::norm_backward<W>(DDM_NORM_IMAGES_MADE, cotangent, cotangent_member, DDM_NORM_MEANS_MADE, are_weighted != 0, scale, \
            scale_member, x_cotangent); \
    } \
    DDM_NORM_KERNEL(backward_tangent_##FORM)( \
        DDM_NORM_IMAGES, const float* x_tangent, long long x_tangent_member, const float* cotangent, long long cotangent_member, \
        const float* cotangent_tangent, long long cotangent_tangent_member, DDM_NORM_MEANS, int are_weighted, const float* scale, \
        long long scale_member, const float* scale_tangent, long long scale_tangent_member, float* result) \
    { \
        ddm::norm_backward_tangent<W>(DDM_NORM_IMAGES_MADE, x_tangent, x_tangent_member, cotangent, cotangent_member, cotangent_tangent, \
            cotangent_tangent_member, DDM_NORM_MEANS_MADE, are_weighted != 0, scale, scale_member, scale_tangent, scale_tangent_member, \
            result); \
    }

// A module for each form, as listed in CMakeLists.txt.
#if defined(DDM_NORM_VECTOR)
DDM_NORM(vector, 4)
#else
DDM_NORM(scalar, 1)
#endif
