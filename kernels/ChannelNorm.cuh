// What the kernels of batch norm, frozen batch norm and group norm share: their images, and the parts that blocks process.
//
// With channels last, a member's images are a matrix [N·H·W, C]. A part is the rows of a few consecutive samples (one for group norm, whose
// statistics are per sample; enough for some 256 rows otherwise); a block processes one part and 8 to 32 channels of it (ColumnTile.cuh).
// How the matrix is cut depends only on the shape of a member.
#pragma once

#include "ColumnTile.cuh"

namespace ddm {

__device__ constexpr float NormEpsilon = 1e-5f;

// The images of a call, and what is known of them.
struct NormImages {
    const float* x;
    long long x_member;
    const float* presence; // [E or 1, N]: zero for samples that are not in the batch; null: all are
    long long presence_member;
    const float* mean;
    long long mean_member;
    const float* deviation; // reciprocal deviations, or variances
    long long deviation_member;
    int deviation_is_variance;
    int statistics_sample; // floats from a sample's statistics to the next one's; 0: all samples have the same
    int group;             // consecutive channels that have the same statistics
    int samples;
    int part_samples;
    int pixels;
    int channels;
    int lanes;

    __device__ __forceinline__ int parts() const { return (samples + part_samples - 1) / part_samples; }

    __device__ __forceinline__ bool is_present(int member, int sample) const
    {
        return presence == nullptr || presence[member * presence_member + sample] != 0.0f;
    }
};

// The parameters of a kernel that are its images, and the struct made of them.
#define DDM_NORM_IMAGES \
    const float *x, long long x_member, const float *presence, long long presence_member, const float *mean, long long mean_member, \
        const float *deviation, long long deviation_member, int deviation_is_variance, int statistics_sample, int group, int samples, \
        int part_samples, int pixels, int channels, int lanes
#define DDM_NORM_IMAGES_MADE \
    ddm::NormImages{x, x_member, presence, presence_member, mean, mean_member, deviation, deviation_member, deviation_is_variance, \
        statistics_sample, group, samples, part_samples, pixels, channels, lanes}

template <int W>
struct Part : ColumnTile<W> {
    const NormImages& images;
    int first_sample;

    __device__ __forceinline__ explicit Part(const NormImages& of)
        : ColumnTile<W>(of.parts(), 0, of.channels, of.lanes), images(of)
    {
        first_sample = this->sample * of.part_samples;
        int left = of.samples - first_sample;
        if (this->column < of.channels)
            this->rows = (left < of.part_samples ? left : of.part_samples) * of.pixels;
    }

    // The rows of an operand with the images' shape.
    __device__ __forceinline__ Rows<W, 0> rows_of(const float* operand, long long member_stride) const
    {
        return Rows<W, 0>(*this, operand + start(member_stride), images.channels);
    }

    // The first float of the part, at this thread's column, of a result with the images' shape and all members.
    __device__ __forceinline__ float* result(float* operand) const
    {
        return operand + start(static_cast<long long>(images.samples) * images.pixels * images.channels) + this->column;
    }

    __device__ __forceinline__ long long start(long long member_stride) const
    {
        return this->member * member_stride + static_cast<long long>(first_sample) * images.pixels * images.channels;
    }

    __device__ __forceinline__ bool is_present(int row) const
    {
        return images.presence == nullptr || images.is_present(this->member, first_sample + row / images.pixels);
    }

    // Where this part's values of a channel are in partial sums [E, parts, values, C].
    __device__ __forceinline__ float* partial(float* partials, int values) const
    {
        return partials + (static_cast<long long>(this->member) * images.parts() + this->sample) * values * images.channels + this->column;
    }

    // A value of each of the thread's channels, from a vector that starts anywhere.
    __device__ __forceinline__ Lanes<W> parameters(const float* vector, long long member_stride) const
    {
        return lane_by_lane<W>([&](int w) { return this->rows > 0 ? vector[this->member * member_stride + this->column + w] : 0.0f; });
    }

    // The same of values [E, N or 1, …, C or groups].
    __device__ __forceinline__ Lanes<W> of_groups(const float* values, long long member_stride, int sample_stride) const
    {
        const float* own = values + this->member * member_stride + static_cast<long long>(first_sample) * sample_stride;
        return lane_by_lane<W>([&](int w) {
            int channel = this->column + w;
            return this->rows > 0 ? own[images.group == 1 ? channel : channel / images.group] : 0.0f;
        });
    }
};

// μ and r of the thread's channels.
template <int W>
struct NormStatistics {
    Lanes<W> mean;
    Lanes<W> reciprocal;

    __device__ __forceinline__ explicit NormStatistics(const Part<W>& part)
        : mean(part.of_groups(part.images.mean, part.images.mean_member, part.images.statistics_sample)),
          reciprocal(part.of_groups(part.images.deviation, part.images.deviation_member, part.images.statistics_sample))
    {
        if (part.images.deviation_is_variance)
            reciprocal = lane_by_lane<W>([&](int w) { return divide(1.0f, sqrt(reciprocal.at[w] + NormEpsilon)); });
    }

    __device__ __forceinline__ float normal(float x, int w) const { return (x - mean.at[w]) * reciprocal.at[w]; }
};

// Means over a batch or a group, [E, N or 1, values, C or groups]; without an array, zeros.
struct NormMeans {
    const float* values;
    long long member;
    int sample;
    int stride;

    template <int W>
    __device__ __forceinline__ Lanes<W> at(const Part<W>& part, int which) const
    {
        return values == nullptr ? fill<W>(0.0f) : part.of_groups(values + which * stride, member, sample);
    }
};

__device__ __forceinline__ double square_root(double x) { double y; asm("sqrt.rn.f64 %0, %1;" : "=d"(y) : "d"(x)); return y; }

} // namespace ddm
