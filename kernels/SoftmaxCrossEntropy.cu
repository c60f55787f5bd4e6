// Cross-entropy of logits z with a label vector q, which may be one-hot, soft or no probability at all; σ = Σq, p = softmax z (docs/mathematics.md).
//
//     probabilities  p                                loss              σ·logsumexp z − ⟨q, z⟩ of each sample
//     backward       δ = w(σp − q)                    backward tangent  δ̇ = wσ·p ⊙ (ż − ⟨p, ż⟩)
//     label cotangent  δq = −w(ż − ⟨p, ż⟩)
//
// Shapes: z, ż, q and the results [E, N, K]; weights and losses [E, N]. Every operand that is read comes with its floats between members (0: shared).
// Memory: results are assigned (=). Up to 128 classes stay in registers, so that every logit is read once; beyond, the _many kernels read them again
// from the first-level cache for the maximum, the sum and the result.
// Tiling: `group` lanes of a warp, the power of two that holds the classes (at most 32), take one sample; the warp's samples lie side by side in memory.
// Rounding: e^z is taken of z − max z ≤ 0; the loss is Σ qₖ·(ln(1 + Σ' e^(z − max z)) + max z − zₖ), the primed sum without the maximum itself, so that a
// confident sample's small loss keeps its digits.
// Intensity: 8 to 16 bytes moved per class for about 15 flops. Bound aimed at: memory bandwidth, or, with ten classes, the launch.
#include "ColumnTile.cuh"

namespace ddm {

// ln(1 + s) for s ≥ 0, relative error 3e-7: ln of the rounded u = 1 + s by the series of artanh, and what the rounding lost.
__device__ __forceinline__ float log_one_plus(float s)
{
    float u = 1.0f + s;
    int exponent = static_cast<int>(bits_of(u) - 0x3f3504f3u) >> 23;
    float mantissa = float_of(bits_of(u) - (static_cast<unsigned>(exponent) << 23)); // in [√½, √2)
    float f = mantissa - 1.0f;
    float t = divide(f, 2.0f + f), square = t * t;
    float series = fma(fma(fma(fma(square, 0.111111111f, 0.142857143f), square, 0.2f), square, 0.333333333f), square, 1.0f);
    return fma(static_cast<float>(exponent), 0.693147182f, fma(2.0f * t, series, divide(s - (u - 1.0f), u)));
}

// One sample's classes over the lanes of a group, Kept to a lane in registers; 0: any number, read again at every use.
template <int Kept>
struct Sample {
    int lane;
    int group;
    int classes; // 0 for groups beyond the last sample: they only take part in the sums
    int member;
    int sample;
    long long vector; // of the results: floats before this sample's vector
    const float* logits;
    float kept[Kept > 0 ? Kept : 1];
    float maximum;

    __device__ __forceinline__ Sample(const float* z, long long z_member, int samples, int all_classes, int lanes, int blocks)
        : lane(threadIdx.x & (lanes - 1)), group(lanes)
    {
        member = blockIdx.x / blocks;
        sample = (blockIdx.x - member * blocks) * (blockDim.x / lanes) + threadIdx.x / lanes;
        classes = sample < samples ? all_classes : 0;
        vector = (static_cast<long long>(member) * samples + sample) * all_classes;
        logits = of(z, z_member, all_classes);
        if constexpr (Kept > 0) {
#pragma unroll
            for (int slot = 0; slot < Kept; slot++) {
                kept[slot] = 0.0f;
                if (lane + slot * group < classes)
                    kept[slot] = logits[lane + slot * group];
            }
        }
        maximum = float_of(0xff800000u);
        each([&](int slot, int k) {
            float value = logit(slot, k);
            maximum = maximum < value ? value : maximum;
        });
        for (int mask = group / 2; mask > 0; mask /= 2) {
            float other = shuffle_xor(maximum, mask);
            maximum = maximum < other ? other : maximum;
        }
    }

    // This sample's vector of an operand that is read.
    __device__ __forceinline__ const float* of(const float* operand, long long operand_member, int length) const
    {
        return operand + member * operand_member + static_cast<long long>(sample) * length;
    }

    template <class Body>
    __device__ __forceinline__ void each(Body body) const { each_row<Kept>(lane, group, classes, body); }

    __device__ __forceinline__ float logit(int slot, int k) const
    {
        if constexpr (Kept > 0)
            return kept[slot];
        else
            return logits[k];
    }

    // e^(z − max z); below e^−104 float32 has only zero.
    __device__ __forceinline__ float exponential(int slot, int k) const
    {
        float exponent = logit(slot, k) - maximum;
        return exp(exponent < -104.0f ? -104.0f : exponent);
    }

    // The sum over the group, in every lane of it.
    __device__ __forceinline__ float sum(float value) const
    {
        for (int mask = group / 2; mask > 0; mask /= 2)
            value += shuffle_xor(value, mask);
        return value;
    }

    // Σ e^(z − max z).
    __device__ __forceinline__ float partition() const
    {
        float total = 0.0f;
        each([&](int slot, int k) { total += exponential(slot, k); });
        return sum(total);
    }

    // σ = Σq.
    __device__ __forceinline__ float mass(const float* labels) const
    {
        float total = 0.0f;
        each([&](int, int k) { total += labels[k]; });
        return sum(total);
    }

    // ⟨p, ż⟩.
    __device__ __forceinline__ float expectation(const float* tangent, float partition) const
    {
        float total = 0.0f;
        each([&](int slot, int k) { total = fma(exponential(slot, k), tangent[k], total); });
        return divide(sum(total), partition);
    }
};

template <int Kept>
__device__ __forceinline__ void softmax_probabilities(
    const float* z, long long z_member, float* probabilities, int samples, int classes, int group, int blocks)
{
    Sample<Kept> at(z, z_member, samples, classes, group, blocks);
    float partition = at.partition();
    at.each([&](int slot, int k) { probabilities[at.vector + k] = divide(at.exponential(slot, k), partition); });
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_loss(
    const float* z, long long z_member, const float* q, long long q_member, float* loss, int samples, int classes, int group, int blocks)
{
    Sample<Kept> at(z, z_member, samples, classes, group, blocks);
    // The first class that has the maximum is left out of the sum.
    int largest = classes;
    at.each([&](int slot, int k) {
        if (at.logit(slot, k) == at.maximum && k < largest)
            largest = k;
    });
    for (int mask = at.group / 2; mask > 0; mask /= 2) {
        int other = static_cast<int>(bits_of(shuffle_xor(float_of(static_cast<unsigned>(largest)), mask)));
        largest = other < largest ? other : largest;
    }
    float others = 0.0f;
    at.each([&](int slot, int k) {
        if (k != largest)
            others += at.exponential(slot, k);
    });
    float beyond = log_one_plus(at.sum(others));
    const float* labels = at.of(q, q_member, classes);
    float total = 0.0f;
    at.each([&](int slot, int k) { total = fma(labels[k], beyond + (at.maximum - at.logit(slot, k)), total); });
    total = at.sum(total);
    if (at.lane == 0 && at.classes > 0)
        loss[static_cast<long long>(at.member) * samples + at.sample] = total;
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_backward(
    const float* z, long long z_member, const float* q, long long q_member, const float* weights, long long weights_member, float* cotangent,
    int samples, int classes, int group, int blocks)
{
    Sample<Kept> at(z, z_member, samples, classes, group, blocks);
    const float* labels = at.of(q, q_member, classes);
    float held[Kept > 0 ? Kept : 1];
    float mass = 0.0f;
    at.each([&](int slot, int k) {
        held[slot] = labels[k];
        mass += held[slot];
    });
    mass = at.sum(mass);
    float partition = at.partition();
    if (at.classes == 0)
        return;
    float weight = *at.of(weights, weights_member, 1);
    at.each([&](int slot, int k) {
        float label = Kept > 0 ? held[slot] : labels[k];
        cotangent[at.vector + k] = weight * fma(mass, divide(at.exponential(slot, k), partition), -label);
    });
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_backward_tangent(
    const float* z, long long z_member, const float* z_tangent, long long z_tangent_member, const float* q, long long q_member,
    const float* weights, long long weights_member, float* cotangent_tangent, int samples, int classes, int group, int blocks)
{
    Sample<Kept> at(z, z_member, samples, classes, group, blocks);
    const float* tangent = at.of(z_tangent, z_tangent_member, classes);
    float partition = at.partition();
    float mass = at.mass(at.of(q, q_member, classes));
    float expectation = at.expectation(tangent, partition);
    if (at.classes == 0)
        return;
    float factor = mass * *at.of(weights, weights_member, 1);
    at.each([&](int slot, int k) {
        cotangent_tangent[at.vector + k] = factor * divide(at.exponential(slot, k), partition) * (tangent[k] - expectation);
    });
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_label_cotangent(
    const float* z, long long z_member, const float* z_tangent, long long z_tangent_member, const float* weights, long long weights_member,
    float* label_cotangent, int samples, int classes, int group, int blocks)
{
    Sample<Kept> at(z, z_member, samples, classes, group, blocks);
    const float* tangent = at.of(z_tangent, z_tangent_member, classes);
    float expectation = at.expectation(tangent, at.partition());
    if (at.classes == 0)
        return;
    float weight = *at.of(weights, weights_member, 1);
    at.each([&](int, int k) { label_cotangent[at.vector + k] = weight * (expectation - tangent[k]); });
}

} // namespace ddm

#define DDM_SOFTMAX(NAME, KEPT)                                                                                                                                \
    extern "C" __global__ void __launch_bounds__(256) softmax_cross_entropy_probabilities_##NAME(                                                              \
        const float* z, long long z_member, float* probabilities, int samples, int classes, int group, int blocks)                                             \
    {                                                                                                                                                          \
        ddm::softmax_probabilities<KEPT>(z, z_member, probabilities, samples, classes, group, blocks);                                                         \
    }                                                                                                                                                          \
    extern "C" __global__ void __launch_bounds__(256) softmax_cross_entropy_loss_##NAME(                                                                       \
        const float* z, long long z_member, const float* q, long long q_member, float* loss, int samples, int classes, int group, int blocks)                  \
    {                                                                                                                                                          \
        ddm::cross_entropy_loss<KEPT>(z, z_member, q, q_member, loss, samples, classes, group, blocks);                                                        \
    }                                                                                                                                                          \
    extern "C" __global__ void __launch_bounds__(256) softmax_cross_entropy_backward_##NAME(                                                                   \
        const float* z, long long z_member, const float* q, long long q_member, const float* weights, long long weights_member, float* cotangent,              \
        int samples, int classes, int group, int blocks)                                                                                                       \
    {                                                                                                                                                          \
        ddm::cross_entropy_backward<KEPT>(z, z_member, q, q_member, weights, weights_member, cotangent, samples, classes, group, blocks);                      \
    }                                                                                                                                                          \
    extern "C" __global__ void __launch_bounds__(256) softmax_cross_entropy_backward_tangent_##NAME(                                                           \
        const float* z, long long z_member, const float* z_tangent, long long z_tangent_member, const float* q, long long q_member,                            \
        const float* weights, long long weights_member, float* cotangent_tangent, int samples, int classes, int group, int blocks)                             \
    {                                                                                                                                                          \
        ddm::cross_entropy_backward_tangent<KEPT>(                                                                                                             \
            z, z_member, z_tangent, z_tangent_member, q, q_member, weights, weights_member, cotangent_tangent, samples, classes, group, blocks);               \
    }                                                                                                                                                          \
    extern "C" __global__ void __launch_bounds__(256) softmax_cross_entropy_label_cotangent_##NAME(                                                            \
        const float* z, long long z_member, const float* z_tangent, long long z_tangent_member, const float* weights, long long weights_member,                \
        float* label_cotangent, int samples, int classes, int group, int blocks)                                                                               \
    {                                                                                                                                                          \
        ddm::cross_entropy_label_cotangent<KEPT>(                                                                                                              \
            z, z_member, z_tangent, z_tangent_member, weights, weights_member, label_cotangent, samples, classes, group, blocks);                              \
    }

DDM_SOFTMAX(few, 1)
DDM_SOFTMAX(some, 4)
DDM_SOFTMAX(many, 0)
