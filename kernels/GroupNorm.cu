// What a group norm computes between the passes over its images (ChannelNorm.cu): statistics and means over the channels of each sample's
// groups, from the sums of single channels.
//
//     statistics  μ = Σ(m_c + a_c/P)/n, σ² = Σ(b_c/P − (a_c/P)² + (m_c + a_c/P − μ)²)/n, r = 1/√(σ² + ε), for n channels of P pixels with
//                 the moments m_c, a_c = Σ(x − m_c) and b_c = Σ(x − m_c)²
//     means       Σ(w_c S_c + v_c T_c)/(nP) for two sums S, and T; weights w and v are 1, γ or γ̇
//
// Shapes: moments [E, N, 3, C]; sums [E, N, values, C]; statistics [E, N, 2G]; means [E, N, values, G].
// Memory: results are assigned (=).
// Tiling: a warp has a group; its lanes take every 32nd channel. Sums are in float64.
// Intensity: some hundred kilobytes; the launch is the cost.
#include "ChannelNorm.cuh"
#include "DoubleSum.cuh"

extern "C" __global__ void __launch_bounds__(128) group_norm_statistics(
    const float* moments, float* statistics, int groups, int pixels, int channels, int count)
{
    using namespace ddm;
    int item = (blockIdx.x * blockDim.x + threadIdx.x) / WarpSize, lane = threadIdx.x % WarpSize;
    if (item >= count)
        return;
    int group = item % groups, size = channels / groups;
    long long sample = item / groups;
    const float* own = moments + sample * 3 * channels + group * size;
    double sum = 0.0, squares = 0.0;
    for (int c = lane; c < size; c += WarpSize)
        sum += own[c] + static_cast<double>(own[c + channels]) / pixels;
    double mean = warp_sum(sum) / size;
    for (int c = lane; c < size; c += WarpSize) {
        double rest = static_cast<double>(own[c + channels]) / pixels, away = own[c] + rest - mean;
        squares += static_cast<double>(own[c + 2 * channels]) / pixels - rest * rest + away * away;
    }
    double variance = warp_sum(squares) / size;
    if (lane > 0)
        return;
    // A difference of float32 sums may be a little below zero.
    variance = variance > 0.0 ? variance : 0.0;
    float* target = statistics + sample * 2 * groups + group;
    target[0] = static_cast<float>(mean);
    target[groups] = static_cast<float>(1.0 / square_root(variance + static_cast<double>(NormEpsilon)));
}

// Of the sums in columns 0 to C − 1 and of those in columns C to 2C − 1, to two values of the means. `weight` absent: one; `others` absent:
// none.
extern "C" __global__ void __launch_bounds__(128) group_norm_means(
    const float* sums, int sums_sample, const float* weight, long long weight_member, const float* others, int others_sample,
    const float* other_weight, long long other_weight_member, float* means, int means_sample, int samples, int groups, int pixels,
    int channels, int count)
{
    using namespace ddm;
    int item = (blockIdx.x * blockDim.x + threadIdx.x) / WarpSize, lane = threadIdx.x % WarpSize;
    if (item >= count)
        return;
    int group = item % groups, size = channels / groups, first = group * size;
    long long sample = item / groups, member = sample / samples;
    const float* own = sums + sample * sums_sample + first;
    double totals[2] = {0.0, 0.0};
    for (int c = lane; c < size; c += WarpSize) {
        double factor = weight == nullptr ? 1.0 : static_cast<double>(weight[member * weight_member + first + c]);
        totals[0] += factor * own[c];
        totals[1] += factor * own[c + channels];
        if (others != nullptr) {
            const float* other = others + sample * others_sample + first;
            double other_factor = other_weight[member * other_weight_member + first + c];
            totals[0] += other_factor * other[c];
            totals[1] += other_factor * other[c + channels];
        }
    }
    double values = static_cast<double>(size) * pixels;
    totals[0] = warp_sum(totals[0]) / values;
    totals[1] = warp_sum(totals[1]) / values;
    if (lane > 0)
        return;
    means[sample * means_sample + group] = static_cast<float>(totals[0]);
    means[sample * means_sample + groups + group] = static_cast<float>(totals[1]);
}
