// The matching loss ℳ(g) of every member against its target g*, and its cotangent v = ∂ℳ/∂g, for all layers and all members in two launches.
//
//     relative            ‖g − g*‖²/‖g*‖² over everything               v = 2(g − g*)/‖g*‖²
//     relative per layer  the sum over layers of the same               likewise; a layer with ‖g*ₗ‖ ≤ 1e-5·‖g*‖ counts 1 and gives nothing
//     row cosine          the sum over rows of 1 − cos(g, g*)           v = cos·g/‖g‖² − g*/(‖g‖‖g*‖); a zero row counts 1 and gives nothing
//
// A term of the sum belongs to a *run* of parameters: the whole vector, a layer, a row. Runs are cut into *pieces* of at most 2048 parameters, a warp each.
// Shapes: g, g* [E or 1, P]; v [E, P]; distance [E]; partials [E, pieces, 4]; tables of integers made by the launcher: pieces [pieces, 3] = first parameter, length,
// run (−1: no term, v = 0); runs [runs, 2] = first piece, number of pieces.
// Memory: results are assigned (=). The first launch reads g and g* and leaves each piece's sums; the second adds up the pieces of its run, in their order and in
// float64, reads g and g* again and writes v; one warp more for each member adds up the distance. No atomics, and no order that depends on the members.
// Intensity: 5 floats moved for about 10 flops, 0.5 flops a byte. Bound aimed at: memory bandwidth.
#include "DoubleSum.cuh"

namespace ddm {

__device__ constexpr int WarpsOfBlock = 8;

// A warp's member and piece; piece `pieces` of the second launch is the one that adds up the distance.
struct PieceOfMember {
    int member;
    int piece;
    int lane;

    __device__ __forceinline__ explicit PieceOfMember(int blocks)
    {
        member = blockIdx.x / blocks;
        piece = (blockIdx.x - member * blocks) * WarpsOfBlock + threadIdx.x / WarpSize;
        lane = threadIdx.x % WarpSize;
    }
};

template <bool IsCosine>
__device__ __forceinline__ void distance_sums(
    const float* gradient, long long gradient_member, const float* target, long long target_member,
    const int* pieces, float* partials, int count, int blocks)
{
    PieceOfMember at(blocks);
    if (at.piece >= count)
        return;
    const int* piece = pieces + 3 * at.piece;
    int first = piece[0], parameters = piece[1];
    if (piece[2] < 0)
        parameters = 0;
    const float* g = gradient + at.member * gradient_member + first;
    const float* wanted = target + at.member * target_member + first;
    float own = 0.0f, wanted_square = 0.0f, product = 0.0f;
#pragma unroll 4
    for (int i = at.lane; i < parameters; i += WarpSize) {
        float a = g[i], b = wanted[i];
        float first_factor = IsCosine ? a : a - b;
        own = fma(first_factor, first_factor, own);
        wanted_square = fma(b, b, wanted_square);
        if constexpr (IsCosine)
            product = fma(a, b, product);
    }
    float4 sums;
    sums.x = warp_sum(own);
    sums.y = warp_sum(wanted_square);
    sums.z = IsCosine ? warp_sum(product) : 0.0f;
    sums.w = 0.0f;
    if (at.lane == 0)
        store4(partials + 4 * (static_cast<long long>(at.member) * count + at.piece), sums);
}

// What the pieces' sums add up to.
struct RunSums {
    double own;     // ‖g − g*‖², or ‖g‖² for the cosine
    double target;  // ‖g*‖²
    double product; // ⟨g, g*⟩ for the cosine
};

// The sums over `count` pieces, every `step`-th from `first` on.
__device__ __forceinline__ RunSums add_pieces(const float* partials, int first, int count, int start, int step)
{
    RunSums sums = {0.0, 0.0, 0.0};
    for (int i = start; i < count; i += step) {
        float4 piece = load4(partials + 4LL * (first + i));
        sums.own += piece.x;
        sums.target += piece.y;
        sums.product += piece.z;
    }
    return sums;
}

// The same by a whole warp, in every lane of it.
__device__ __forceinline__ RunSums add_pieces_together(const float* partials, int first, int count, int lane)
{
    RunSums sums = add_pieces(partials, first, count, lane, WarpSize);
    sums.own = warp_sum(sums.own);
    sums.target = warp_sum(sums.target);
    sums.product = warp_sum(sums.product);
    return sums;
}

__device__ __forceinline__ double square_root(double x) { double y; asm("sqrt.rn.f64 %0, %1;" : "=d"(y) : "d"(x)); return y; }

__device__ __forceinline__ void clear(float* v, int length, int lane)
{
    for (int i = lane; i < length; i += WarpSize)
        v[i] = 0.0f;
}

} // namespace ddm

extern "C" __global__ void __launch_bounds__(256) gradient_distance_sums_relative(
    const float* gradient, long long gradient_member, const float* target, long long target_member,
    const int* pieces, float* partials, int count, int blocks)
{
    ddm::distance_sums<false>(gradient, gradient_member, target, target_member, pieces, partials, count, blocks);
}

extern "C" __global__ void __launch_bounds__(256) gradient_distance_sums_cosine(
    const float* gradient, long long gradient_member, const float* target, long long target_member,
    const int* pieces, float* partials, int count, int blocks)
{
    ddm::distance_sums<true>(gradient, gradient_member, target, target_member, pieces, partials, count, blocks);
}

// share: a run whose ‖g*‖ is at most this share of the member's is rounding noise; 0 where only a run of zeros is.
extern "C" __global__ void __launch_bounds__(256) gradient_distance_cotangent_relative(
    const float* gradient, long long gradient_member, const float* target, long long target_member, long long length,
    const int* pieces, const int* runs, const float* partials, float* distance, float* cotangent, int count, int run_count, float share, int blocks)
{
    using namespace ddm;
    PieceOfMember at(blocks);
    if (at.piece > count)
        return;
    const float* sums_of_member = partials + 4LL * at.member * count;
    double negligible = 0.0;
    if (share > 0.0f)
        negligible = static_cast<double>(share) * share * add_pieces_together(sums_of_member, 0, count, at.lane).target;
    if (at.piece == count) {
        double total = 0.0;
        for (int run = 0; run < run_count; run++) {
            RunSums sums = add_pieces_together(sums_of_member, runs[2 * run], runs[2 * run + 1], at.lane);
            total += sums.target <= negligible ? 1.0 : sums.own / sums.target;
        }
        if (at.lane == 0)
            distance[at.member] = static_cast<float>(total);
        return;
    }
    const int* piece = pieces + 3 * at.piece;
    int first = piece[0], parameters = piece[1], run = piece[2];
    RunSums sums = add_pieces_together(sums_of_member, runs[2 * run], runs[2 * run + 1], at.lane);
    float* v = cotangent + at.member * length + first;
    if (sums.target <= negligible) {
        clear(v, parameters, at.lane);
        return;
    }
    float factor = static_cast<float>(2.0 / sums.target);
    const float* g = gradient + at.member * gradient_member + first;
    const float* wanted = target + at.member * target_member + first;
#pragma unroll 4
    for (int i = at.lane; i < parameters; i += WarpSize)
        v[i] = factor * (g[i] - wanted[i]);
}

extern "C" __global__ void __launch_bounds__(256) gradient_distance_cotangent_cosine(
    const float* gradient, long long gradient_member, const float* target, long long target_member, long long length,
    const int* pieces, const int* runs, const float* partials, float* distance, float* cotangent, int count, int run_count, int blocks)
{
    using namespace ddm;
    PieceOfMember at(blocks);
    if (at.piece > count)
        return;
    const float* sums_of_member = partials + 4LL * at.member * count;
    if (at.piece == count) {
        double total = 0.0;
        for (int run = at.lane; run < run_count; run += WarpSize) {
            RunSums sums = add_pieces(sums_of_member, runs[2 * run], runs[2 * run + 1], 0, 1);
            bool is_zero = sums.own == 0.0 || sums.target == 0.0;
            total += is_zero ? 1.0 : 1.0 - sums.product / (square_root(sums.own) * square_root(sums.target));
        }
        total = warp_sum(total);
        if (at.lane == 0)
            distance[at.member] = static_cast<float>(total);
        return;
    }
    const int* piece = pieces + 3 * at.piece;
    int first = piece[0], parameters = piece[1], run = piece[2];
    float* v = cotangent + at.member * length + first;
    if (run < 0) {
        clear(v, parameters, at.lane);
        return;
    }
    RunSums sums = add_pieces_together(sums_of_member, runs[2 * run], runs[2 * run + 1], at.lane);
    if (sums.own == 0.0 || sums.target == 0.0) {
        clear(v, parameters, at.lane);
        return;
    }
    double lengths = square_root(sums.own) * square_root(sums.target);
    float along = static_cast<float>(sums.product / lengths / sums.own), towards = static_cast<float>(1.0 / lengths);
    const float* g = gradient + at.member * gradient_member + first;
    const float* wanted = target + at.member * target_member + first;
#pragma unroll 4
    for (int i = at.lane; i < parameters; i += WarpSize)
        v[i] = fma(along, g[i], -towards * wanted[i]);
}
