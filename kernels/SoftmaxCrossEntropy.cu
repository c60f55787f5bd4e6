// Cross-entropy of logits z with a label vector q, which may be one-hot, soft or not a probability; σ = Σq, p = softmax z
// (docs/mathematics.md).
//
//     probabilities  p                                loss              σ·logsumexp z − ⟨q, z⟩ of each sample
//     backward       δ = w(σp − q)                    backward tangent  δ̇ = wσ·p ⊙ (ż − ⟨p, ż⟩)
//     label cotangent  δq = −w(ż − ⟨p, ż⟩)
//
// Shapes: z, ż, q and the results [E, N, K]; weights and losses [E, N]. Members' samples form one batch of E·N, since a member may have
// only one sample of ten classes; every operand that is read is passed with its period, the number of samples after which it repeats: N if
// members share it, 0 if each has its own.
// Memory: results are assigned (=). Up to 32 classes (_few) or 128 (_some) are kept in registers, so that every float is read once; for
// more classes, the _many kernels read logits again from the L1 cache for the maximum, the sum and the result.
// Tiling: `group` lanes of a warp, the power of two that holds the classes (at most 32), process one sample. A block's 256/group samples
// are contiguous in memory and pass through shared memory, so that global memory is accessed in whole sectors although a sample may have
// ten classes. If members share an operand, a block takes one tile of its samples and processes several members with it (`Tiling`), so that
// labels are read once for eight members instead of once for each.
// Rounding: e^z is computed for z − max z ≤ 0; the loss is Σ qₖ·(ln(1 + Σ' e^(z − max z)) + max z − zₖ), where the primed sum omits the
// maximum itself, so that the small loss of a confident sample keeps its digits.
// Intensity: 8 to 16 bytes moved per class for about 15 flops. Target bound: memory bandwidth, or, with ten classes, the launch.
#include "ColumnTile.cuh"

namespace ddm {

// ln(1 + s) for s ≥ 0, relative error 3e-7: ln of the rounded u = 1 + s by the series of artanh, plus a correction for the rounding.
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

__device__ constexpr int SoftmaxThreads = 256;

// How blocks are mapped to the batch: a tile of samples, the same for `rounds` runs. Without a shared operand, a run is a tile. With one,
// its period is the run if it is longer than a tile, and a tile has whole periods if it is shorter: the shared operand is the same in every
// round.
struct Tiling {
    int samples; // of all members
    int tile;    // samples of a tile, at most 256/group
    int length;  // samples of a run
    int tiles;   // tiles of a run
    int rounds;  // runs of a block
};

// The floats of a block's contiguous samples, through shared memory in whole sectors for any number of classes.
__device__ __forceinline__ void unstage(float* target, const float* shared, int floats)
{
    for (int i = threadIdx.x; i < floats; i += SoftmaxThreads)
        target[i] = shared[i];
}

// Storage for one operand of a block's samples.
template <int Kept>
struct Area {
    float floats[Kept > 0 ? Kept * SoftmaxThreads : 1];
};

// One sample's vector from the view of a lane: its own classes in registers, or (Kept = 0) all of them in global memory.
template <int Kept>
struct Vector {
    const float* direct;
    float kept[Kept > 0 ? Kept : 1];

    __device__ __forceinline__ float at(int slot, int k) const
    {
        if constexpr (Kept > 0)
            return kept[slot];
        else
            return direct[k];
    }
};

// A thread's position: the block's samples, the sample of its group, and its own classes.
template <int Kept>
struct Place {
    int lane;
    int group;
    int first;   // sample of the block's tile, among all members'
    int count;   // samples of the block's tile
    int sample;  // of the group, counted from the block's first
    int length;  // classes
    int classes; // the same, but 0 for groups beyond the last sample, which only take part in the sums

    __device__ __forceinline__ Place(int all_classes, int lanes)
        : lane(threadIdx.x & (lanes - 1)), group(lanes), length(all_classes)
    {
        sample = threadIdx.x / lanes;
    }

    // Moves to the block's tile of a round; false after the last.
    __device__ __forceinline__ bool go(const Tiling& tiling, int round)
    {
        int run = blockIdx.x / tiling.tiles * tiling.rounds + round, from = blockIdx.x % tiling.tiles * tiling.tile;
        first = run * tiling.length + from;
        count = tiling.length - from < tiling.tile ? tiling.length - from : tiling.tile;
        count = tiling.samples - first < count ? tiling.samples - first : count;
        classes = sample < count ? length : 0;
        return round < tiling.rounds && count > 0;
    }

    // Copies an operand, `floats` per sample, of the block's samples to shared memory; to be read after a barrier.
    __device__ __forceinline__ void stage(float* shared, const float* operand, int period, int floats) const
    {
        // A tile is within one period or has whole periods, of which one is enough.
        int samples = period > 0 && period < count ? period : count;
        const float* begin = operand + static_cast<long long>(period > 0 ? first % period : first) * floats;
        for (int i = threadIdx.x; i < samples * floats; i += SoftmaxThreads)
            shared[i] = begin[i];
    }

    // The index of the group's sample among the staged ones.
    __device__ __forceinline__ int staged_sample(int period) const
    {
        return period > 0 && period <= count ? (first + sample) % period : sample;
    }

    // An operand's vectors in shared memory; to be read after a barrier. Shared operands are kept from round to round, unless a result went
    // through their storage.
    __device__ __forceinline__ void send(Area<Kept>& area, const float* operand, int period, bool again) const
    {
        if constexpr (Kept > 0)
            if (period == 0 || again)
                stage(area.floats, operand, period, length);
    }

    __device__ __forceinline__ Vector<Kept> take(const Area<Kept>& area, const float* operand, int period) const
    {
        Vector<Kept> vector;
        int place = first + sample;
        vector.direct = operand + static_cast<long long>(period > 0 ? place % period : place) * length;
        if constexpr (Kept > 0) {
            const float* staged = area.floats + staged_sample(period) * length;
            each([&](int slot, int k) { vector.kept[slot] = staged[k]; });
        }
        return vector;
    }

    // Assigns value(slot, k) to a result [E, N, K], through the storage of an operand that has already been read.
    template <class Value>
    __device__ __forceinline__ void give(Area<Kept>& area, float* result, Value value) const
    {
        float* target = result + static_cast<long long>(first) * length;
        if constexpr (Kept > 0) {
            // For a shared operand, several groups use the same floats.
            __syncthreads();
            each([&](int slot, int k) { area.floats[sample * length + k] = value(slot, k); });
            __syncthreads();
            unstage(target, area.floats, count * length);
        } else {
            each([&](int slot, int k) { target[static_cast<long long>(sample) * length + k] = value(slot, k); });
        }
    }

    template <class Body>
    __device__ __forceinline__ void each(Body body) const { each_row<Kept>(lane, group, classes, body); }

    // The sum over the group, in every lane of it.
    __device__ __forceinline__ float sum(float value) const
    {
        for (int mask = group / 2; mask > 0; mask /= 2)
            value += shuffle_xor(value, mask);
        return value;
    }
};

// e^(z − max z) of a sample's logits.
template <int Kept>
struct Softmax {
    const Place<Kept>& at;
    const Vector<Kept>& logits;
    float maximum;

    __device__ __forceinline__ Softmax(const Place<Kept>& at, const Vector<Kept>& logits)
        : at(at), logits(logits), maximum(float_of(0xff800000u))
    {
        at.each([&](int slot, int k) {
            float value = logits.at(slot, k);
            maximum = maximum < value ? value : maximum;
        });
        for (int mask = at.group / 2; mask > 0; mask /= 2) {
            float other = shuffle_xor(maximum, mask);
            maximum = maximum < other ? other : maximum;
        }
    }

    // Below e^−104, the only float32 value is zero.
    __device__ __forceinline__ float exponential(int slot, int k) const
    {
        float exponent = logits.at(slot, k) - maximum;
        return exp(exponent < -104.0f ? -104.0f : exponent);
    }

    __device__ __forceinline__ float partition() const
    {
        float total = 0.0f;
        at.each([&](int slot, int k) { total += exponential(slot, k); });
        return at.sum(total);
    }

    // ⟨p, ż⟩.
    __device__ __forceinline__ float expectation(const Vector<Kept>& tangent, float partition) const
    {
        float total = 0.0f;
        at.each([&](int slot, int k) { total = fma(exponential(slot, k), tangent.at(slot, k), total); });
        return divide(at.sum(total), partition);
    }
};

// σ = Σq.
template <int Kept>
__device__ __forceinline__ float mass(const Place<Kept>& at, const Vector<Kept>& labels)
{
    float total = 0.0f;
    at.each([&](int slot, int k) { total += labels.at(slot, k); });
    return at.sum(total);
}

template <int Kept>
__device__ __forceinline__ void softmax_probabilities(const float* z, int z_period, float* probabilities, const Tiling& tiling, int classes,
    int group)
{
    __shared__ Area<Kept> area;
    Place<Kept> at(classes, group);
    for (int round = 0; at.go(tiling, round); round++) {
        at.send(area, z, z_period, true);
        __syncthreads();
        Vector<Kept> logits = at.take(area, z, z_period);
        Softmax<Kept> softmax(at, logits);
        float partition = softmax.partition();
        at.give(area, probabilities, [&](int slot, int k) { return divide(softmax.exponential(slot, k), partition); });
        __syncthreads();
    }
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_loss(
    const float* z, int z_period, const float* q, int q_period, float* loss, const Tiling& tiling, int classes, int group)
{
    __shared__ Area<Kept> areas[2];
    __shared__ float losses[SoftmaxThreads];
    Place<Kept> at(classes, group);
    for (int round = 0; at.go(tiling, round); round++) {
        at.send(areas[0], z, z_period, round == 0);
        at.send(areas[1], q, q_period, round == 0);
        __syncthreads();
        Vector<Kept> logits = at.take(areas[0], z, z_period), labels = at.take(areas[1], q, q_period);
        Softmax<Kept> softmax(at, logits);
        // The first class that has the maximum is left out of the sum.
        int largest = classes;
        at.each([&](int slot, int k) {
            if (logits.at(slot, k) == softmax.maximum && k < largest)
                largest = k;
        });
        for (int mask = at.group / 2; mask > 0; mask /= 2) {
            int other = static_cast<int>(bits_of(shuffle_xor(float_of(static_cast<unsigned>(largest)), mask)));
            largest = other < largest ? other : largest;
        }
        float others = 0.0f;
        at.each([&](int slot, int k) {
            if (k != largest)
                others += softmax.exponential(slot, k);
        });
        float beyond = log_one_plus(at.sum(others));
        float total = 0.0f;
        at.each([&](int slot, int k) { total = fma(labels.at(slot, k), beyond + (softmax.maximum - logits.at(slot, k)), total); });
        total = at.sum(total);
        if (at.lane == 0)
            losses[at.sample] = total;
        __syncthreads();
        unstage(loss + at.first, losses, at.count);
        __syncthreads();
    }
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_backward(
    const float* z, int z_period, const float* q, int q_period, const float* weights, int weights_period, float* cotangent,
    const Tiling& tiling, int classes, int group)
{
    __shared__ Area<Kept> areas[2];
    __shared__ float block_weights[SoftmaxThreads];
    Place<Kept> at(classes, group);
    for (int round = 0; at.go(tiling, round); round++) {
        at.send(areas[0], z, z_period, true);
        at.send(areas[1], q, q_period, round == 0);
        if (weights_period == 0 || round == 0)
            at.stage(block_weights, weights, weights_period, 1);
        __syncthreads();
        Vector<Kept> logits = at.take(areas[0], z, z_period), labels = at.take(areas[1], q, q_period);
        Softmax<Kept> softmax(at, logits);
        float sigma = mass(at, labels), partition = softmax.partition();
        at.give(areas[0], cotangent, [&](int slot, int k) {
            return block_weights[at.staged_sample(weights_period)]
            * fma(sigma, divide(softmax.exponential(slot, k), partition), -labels.at(slot, k));
        });
        __syncthreads();
    }
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_backward_tangent(
    const float* z, int z_period, const float* z_tangent, int z_tangent_period, const float* q, int q_period,
    const float* weights, int weights_period, float* cotangent_tangent, const Tiling& tiling, int classes, int group)
{
    __shared__ Area<Kept> areas[3];
    __shared__ float block_weights[SoftmaxThreads];
    Place<Kept> at(classes, group);
    for (int round = 0; at.go(tiling, round); round++) {
        at.send(areas[0], z, z_period, true);
        at.send(areas[1], z_tangent, z_tangent_period, round == 0);
        at.send(areas[2], q, q_period, round == 0);
        if (weights_period == 0 || round == 0)
            at.stage(block_weights, weights, weights_period, 1);
        __syncthreads();
        Vector<Kept> logits = at.take(areas[0], z, z_period), tangent = at.take(areas[1], z_tangent, z_tangent_period);
        float sigma = mass(at, at.take(areas[2], q, q_period));
        Softmax<Kept> softmax(at, logits);
        float partition = softmax.partition(), expectation = softmax.expectation(tangent, partition);
        at.give(areas[0], cotangent_tangent, [&](int slot, int k) {
            return block_weights[at.staged_sample(weights_period)] * sigma * divide(softmax.exponential(slot, k), partition)
            * (tangent.at(slot, k) - expectation);
        });
        __syncthreads();
    }
}

template <int Kept>
__device__ __forceinline__ void cross_entropy_label_cotangent(
    const float* z, int z_period, const float* z_tangent, int z_tangent_period, const float* weights, int weights_period,
    float* label_cotangent, const Tiling& tiling, int classes, int group)
{
    __shared__ Area<Kept> areas[2];
    __shared__ float block_weights[SoftmaxThreads];
    Place<Kept> at(classes, group);
    for (int round = 0; at.go(tiling, round); round++) {
        at.send(areas[0], z, z_period, true);
        at.send(areas[1], z_tangent, z_tangent_period, round == 0);
        if (weights_period == 0 || round == 0)
            at.stage(block_weights, weights, weights_period, 1);
        __syncthreads();
        Vector<Kept> logits = at.take(areas[0], z, z_period), tangent = at.take(areas[1], z_tangent, z_tangent_period);
        Softmax<Kept> softmax(at, logits);
        float expectation = softmax.expectation(tangent, softmax.partition());
        at.give(areas[0], label_cotangent,
            [&](int slot, int k) { return block_weights[at.staged_sample(weights_period)] * (expectation - tangent.at(slot, k)); });
        __syncthreads();
    }
}

} // namespace ddm

#define DDM_SOFTMAX(NAME, KEPT) \
    extern "C" __global__ void __launch_bounds__(ddm::SoftmaxThreads) softmax_cross_entropy_probabilities_##NAME( \
        const float* z, int z_period, float* probabilities, int samples, int tile, int length, int tiles, int rounds, int classes, \
        int group) \
    { \
        ddm::softmax_probabilities<KEPT>(z, z_period, probabilities, { samples, tile, length, tiles, rounds }, classes, group); \
    } \
    extern "C" __global__ void __launch_bounds__(ddm::SoftmaxThreads) softmax_cross_entropy_loss_##NAME( \
        const float* z, int z_period, const float* q, int q_period, float* loss, int samples, int tile, int length, int tiles, int rounds, \
        int classes, int group) \
    { \
        ddm::cross_entropy_loss<KEPT>(z, z_period, q, q_period, loss, { samples, tile, length, tiles, rounds }, classes, group); \
    } \
    extern "C" __global__ void __launch_bounds__(ddm::SoftmaxThreads) softmax_cross_entropy_backward_##NAME( \
        const float* z, int z_period, const float* q, int q_period, const float* weights, int weights_period, float* cotangent, \
        int samples, int tile, int length, int tiles, int rounds, int classes, int group) \
    { \
        ddm::cross_entropy_backward<KEPT>(z, z_period, q, q_period, weights, weights_period, cotangent, \
        { samples, tile, length, tiles, rounds }, classes, group); \
    } \
    extern "C" __global__ void __launch_bounds__(ddm::SoftmaxThreads) softmax_cross_entropy_backward_tangent_##NAME( \
        const float* z, int z_period, const float* z_tangent, int z_tangent_period, const float* q, int q_period, \
        const float* weights, int weights_period, float* cotangent_tangent, int samples, int tile, int length, int tiles, int rounds, \
        int classes, int group) \
    { \
        ddm::cross_entropy_backward_tangent<KEPT>( \
            z, z_period, z_tangent, z_tangent_period, q, q_period, weights, weights_period, cotangent_tangent, \
            { samples, tile, length, tiles, rounds }, classes, group); \
    } \
    extern "C" __global__ void __launch_bounds__(ddm::SoftmaxThreads) softmax_cross_entropy_label_cotangent_##NAME( \
        const float* z, int z_period, const float* z_tangent, int z_tangent_period, const float* weights, int weights_period, \
        float* label_cotangent, int samples, int tile, int length, int tiles, int rounds, int classes, int group) \
    { \
        ddm::cross_entropy_label_cotangent<KEPT>( \
            z, z_period, z_tangent, z_tangent_period, weights, weights_period, label_cotangent, { samples, tile, length, tiles, rounds }, \
            classes, group); \
    }

// A module for each form, as listed in CMakeLists.txt.
#if defined(DDM_SOFTMAX_FEW)
DDM_SOFTMAX(few, 1)
#elif defined(DDM_SOFTMAX_SOME)
DDM_SOFTMAX(some, 4)
#else
DDM_SOFTMAX(many, 0)
#endif
