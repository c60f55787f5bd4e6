// What a batch norm computes between the passes over its images (ChannelNorm.cu): statistics and means over a member's present samples,
// from the parts' sums. Frozen batch norm and group norm use the totals, too: the parameters' cotangents are sums over the samples.
//
//     statistics      μ = Σ(n_i m_i + a_i)/n, M = Σ(b_i − a_i²/n_i + n_i(m_i + a_i/n_i − μ)²): r = 1/√(M/n + ε), unbiased variance
//                     M/(n − 1), for parts of n_i present values with the moments m_i, a_i = Σ(x − m_i) and b_i = Σ(x − m_i)² (Chan, Golub
//                     and LeVeque 1979)
//     totals          Σ over the parts, and the same divided by n
//     update running  running ← (1 − momentum)·running + momentum·(μ, unbiased variance)
//
// Shapes: moments [E, parts, 3, C]; partials [E, parts, values·C]; statistics [E, 3C]: μ, r, unbiased variances; running statistics [E, C]
// within a longer vector.
// Memory: results are assigned (=), the running statistics in place.
// Tiling: a block has 32 columns and eight lanes over the parts, which are added in order within a lane and then lane by lane, in float64.
// Intensity: some hundred kilobytes; the launch is the cost.
#include "ChannelNorm.cuh"

namespace ddm {

__device__ constexpr int Columns = 32;
__device__ constexpr int PartLanes = 8;

// The sum over the block's lanes, complete in every thread.
__device__ __forceinline__ double sum_lanes(double value, double (&scratch)[PartLanes][Columns])
{
    int column = threadIdx.x % Columns, lane = threadIdx.x / Columns;
    __syncthreads();
    scratch[lane][column] = value;
    __syncthreads();
    double sum = scratch[0][column];
#pragma unroll
    for (int other = 1; other < PartLanes; other++)
        sum += scratch[other][column];
    return sum;
}

// The present samples from `first` to `end`.
__device__ __forceinline__ int present_samples(const float* presence, int first, int end)
{
    if (presence == nullptr)
        return end - first;
    int count = 0;
    for (int n = first; n < end; n++)
        count += presence[n] != 0.0f ? 1 : 0;
    return count;
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) batch_norm_statistics(
    const float* moments, const float* presence, long long presence_member, float* statistics, int samples, int part_samples, int pixels,
    int channels)
{
    using namespace ddm;
    __shared__ double scratch[PartLanes][Columns];
    int tiles = (channels + Columns - 1) / Columns, member = blockIdx.x / tiles;
    int channel = blockIdx.x % tiles * Columns + threadIdx.x % Columns, lane = threadIdx.x / Columns;
    int parts = channel < channels ? (samples + part_samples - 1) / part_samples : 0;
    const float* own = moments + static_cast<long long>(member) * ((samples + part_samples - 1) / part_samples) * 3 * channels + channel;
    const float* present = presence == nullptr ? nullptr : presence + member * presence_member;
    auto count_of = [&](int part) {
        int first = part * part_samples, end = first + part_samples < samples ? first + part_samples : samples;
        return static_cast<double>(present_samples(present, first, end)) * pixels;
    };
    double count = static_cast<double>(present_samples(present, 0, samples)) * pixels;

    double sum = 0.0;
    for (int part = lane; part < parts; part += PartLanes) {
        const float* at = own + static_cast<long long>(part) * 3 * channels;
        sum += count_of(part) * at[0] + at[channels];
    }
    double mean = sum_lanes(sum, scratch) / (count > 0.0 ? count : 1.0);

    double squares = 0.0;
    for (int part = lane; part < parts; part += PartLanes) {
        double values = count_of(part);
        if (values == 0.0)
            continue;
        const float* at = own + static_cast<long long>(part) * 3 * channels;
        double rest = at[channels], away = at[0] + rest / values - mean;
        squares += at[2 * channels] - rest * rest / values + values * away * away;
    }
    squares = sum_lanes(squares, scratch);
    // A difference of float32 sums may be a little below zero.
    squares = squares > 0.0 ? squares : 0.0;
    if (lane > 0 || channel >= channels)
        return;
    float* target = statistics + static_cast<long long>(member) * 3 * channels + channel;
    target[0] = static_cast<float>(mean);
    target[channels] = static_cast<float>(1.0 / square_root(squares / (count > 0.0 ? count : 1.0) + static_cast<double>(NormEpsilon)));
    target[2 * channels] = count == 0.0 ? -1.0f : static_cast<float>(squares / (count > 1.0 ? count - 1.0 : 1.0));
}

// Totals of columns 0 to C − 1 go to `shift`, those from C to 2C − 1 to `scale`, if they are given; means of all columns to `means` [E, …].
extern "C" __global__ void __launch_bounds__(256) batch_norm_totals(
    const float* partials, const float* presence, long long presence_member, float* scale, long long scale_member, float* shift,
    long long shift_member, float* means, long long means_member, int samples, int parts, int pixels, int channels, int columns)
{
    using namespace ddm;
    __shared__ double scratch[PartLanes][Columns];
    int tiles = (columns + Columns - 1) / Columns, member = blockIdx.x / tiles;
    int column = blockIdx.x % tiles * Columns + threadIdx.x % Columns, lane = threadIdx.x / Columns;
    const float* own = partials + static_cast<long long>(member) * parts * columns + column;
    double sum = 0.0;
    if (column < columns)
        for (int part = lane; part < parts; part += PartLanes)
            sum += own[static_cast<long long>(part) * columns];
    sum = sum_lanes(sum, scratch);
    if (lane > 0 || column >= columns)
        return;
    if (shift != nullptr && column < channels)
        shift[member * shift_member + column] = static_cast<float>(sum);
    if (scale != nullptr && column >= channels && column < 2 * channels)
        scale[member * scale_member + column - channels] = static_cast<float>(sum);
    if (means == nullptr)
        return;
    int present = present_samples(presence == nullptr ? nullptr : presence + member * presence_member, 0, samples);
    means[member * means_member + column] = static_cast<float>(sum / (static_cast<double>(present > 0 ? present : 1) * pixels));
}

extern "C" __global__ void __launch_bounds__(256) batch_norm_update_running(
    const float* statistics, long long statistics_member, float momentum, float* mean, long long mean_member, float* variance,
    long long variance_member, int channels, int blocks)
{
    int member = blockIdx.x / blocks, channel = (blockIdx.x - member * blocks) * blockDim.x + threadIdx.x;
    if (channel >= channels)
        return;
    const float* batch = statistics + member * statistics_member + channel;
    // No sample was present.
    if (batch[2 * channels] < 0.0f)
        return;
    float& running_mean = mean[member * mean_member + channel];
    float& running_variance = variance[member * variance_member + channel];
    running_mean = ddm::fma(momentum, batch[0], (1.0f - momentum) * running_mean);
    running_variance = ddm::fma(momentum, batch[2 * channels], (1.0f - momentum) * running_variance);
}
