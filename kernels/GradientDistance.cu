// The matching loss ℳ(g) of every member against its target g*, and its cotangent v = ∂ℳ/∂g, for all layers and all members in two
// launches.
//
//     relative            ‖g − g*‖²/‖g*‖² over everything               v = 2(g − g*)/‖g*‖²
//     relative per layer  the sum over layers of the same               likewise; a layer with ‖g*ₗ‖ ≤ 1e-5·‖g*‖ counts 1 and has v = 0
//     row cosine          the sum over rows of 1 − cos(g, g*)           v = cos·g/‖g‖² − g*/(‖g‖‖g*‖); a zero row counts 1 and has v = 0
//
// A term of the sum belongs to a *run* of parameters: all layers, a layer, a row. Runs are divided into *pieces* of at most 2048
// parameters, one warp each. Parameters that belong to no term are pieces without a run: g and g* are not read there, and v = 0.
// Shapes: g, g* [E or 1, P]; v [E, P]; distance [E]; partials [E, pieces, 4]; tables of integers that the launcher creates: pieces [pieces,
// 3] = first parameter, length, run (−1: no term, v = 0); runs [runs, 2] = first piece, number of pieces.
// Memory: results are assigned (=). The first launch reads g and g* and writes each piece's sums; the second adds the pieces of its run, in
// order and in float64, reads g and g* again and writes v; one additional warp for each member computes the distance. No atomics, and no
// order that depends on the members.
// Tiling: members' vectors, layers and rows start anywhere in a sector; a warp still reads its piece in whole sectors (UnalignedRun.cuh),
// with float i of a piece in lane i mod 32.
// Intensity: 5 floats moved for about 10 flops, 0.5 flops per byte. Target bound: memory bandwidth.
#include "DoubleSum.cuh"
#include "UnalignedRun.cuh"

namespace ddm {

__device__ constexpr int WarpsOfBlock = 8;

// A warp's member and piece; piece `pieces` of the second launch is the one that computes the distance.
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
    float own = 0.0f, wanted_square = 0.0f, product = 0.0f;
    auto add = [&](float a, float b) {
        float first_factor = IsCosine ? a : a - b;
        own = fma(first_factor, first_factor, own);
        wanted_square = fma(b, b, wanted_square);
        if constexpr (IsCosine)
            product = fma(a, b, product);
    };
    UnalignedRun g(gradient + at.member * gradient_member + first, parameters, at.lane);
    UnalignedRun wanted(target + at.member * target_member + first, parameters, at.lane);
    constexpr int Rows = 4;
    int whole = g.whole_steps() < wanted.whole_steps() ? g.whole_steps() : wanted.whole_steps(), step = 0;
    for (; step + Rows <= whole; step += Rows) {
        float a[Rows], b[Rows];
        g.take(a);
        wanted.take(b);
#pragma unroll
        for (int row = 0; row < Rows; row++)
            add(a[row], b[row]);
    }
    for (; step * WarpSize < parameters; step++) {
        float a = g.take_last(step), b = wanted.take_last(step);
        add(a, b);
    }
    float4 sums;
    sums.x = warp_sum(own);
    sums.y = warp_sum(wanted_square);
    sums.z = IsCosine ? warp_sum(product) : 0.0f;
    sums.w = 0.0f;
    if (at.lane == 0)
        store4(partials + 4 * (static_cast<long long>(at.member) * count + at.piece), sums);
}

// The totals of the pieces' sums.
struct RunSums {
    double own;     // ‖g − g*‖², or ‖g‖² for the cosine
    double target;  // ‖g*‖²
    double product; // ⟨g, g*⟩ for the cosine
};

// The sums over `count` pieces, every `step`-th starting at `first`.
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

// The same, computed by a whole warp, in every lane.
__device__ __forceinline__ RunSums add_pieces_together(const float* partials, int first, int count, int lane)
{
    RunSums sums = add_pieces(partials, first, count, lane, WarpSize);
    sums.own = warp_sum(sums.own);
    sums.target = warp_sum(sums.target);
    sums.product = warp_sum(sums.product);
    return sums;
}

__device__ __forceinline__ double square_root(double x) { double y; asm("sqrt.rn.f64 %0, %1;" : "=d"(y) : "d"(x)); return y; }

// v[i] = value(i) for a warp's slice, in rows of 32 floats that start with a sector of v; g and g*, which have the same alignment as v
// unless members share one of them, are then read in whole sectors. Four rows are read before one is written: the compiler cannot know that
// v does not overlap the operands that are read.
template <class Value>
__device__ __forceinline__ void assign(float* v, int length, int lane, Value value)
{
    constexpr int Rows = 4;
    int first = -floats_into_sector(v), i = first + lane;
    if (i >= 0 && i < length)
        v[i] = value(i);
    for (first += WarpSize; first + Rows * WarpSize <= length; first += Rows * WarpSize) {
        float values[Rows];
#pragma unroll
        for (int row = 0; row < Rows; row++)
            values[row] = value(first + row * WarpSize + lane);
#pragma unroll
        for (int row = 0; row < Rows; row++)
            v[first + row * WarpSize + lane] = values[row];
    }
    for (i = first + lane; i < length; i += WarpSize)
        v[i] = value(i);
}

// The sums of the run to which the block's first piece belongs, which is that of most of its warps, and of all pieces: added once for the
// block.
struct BlockSums {
    int run;
    RunSums sums;
    RunSums all;

    // Called by the whole block, with a barrier at the end. `wants_all` is the same for all threads.
    __device__ __forceinline__ void add_up(const PieceOfMember& at, const int* pieces, const int* runs, const float* partials, int count,
        bool wants_all)
    {
        int warp = threadIdx.x / WarpSize;
        if (warp == 0) {
            int own = at.piece < count ? pieces[3 * at.piece + 2] : -1;
            RunSums added = {0.0, 0.0, 0.0};
            if (own >= 0)
                added = add_pieces_together(partials, runs[2 * own], runs[2 * own + 1], at.lane);
            if (at.lane == 0) {
                run = own;
                sums = added;
            }
        } else if (warp == 1) {
            RunSums added = {0.0, 0.0, 0.0};
            if (wants_all)
                added = add_pieces_together(partials, 0, count, at.lane);
            if (at.lane == 0)
                all = added;
        }
        __syncthreads();
    }

    // A run's sums, computed by a whole warp.
    __device__ __forceinline__ RunSums of(int wanted, const int* runs, const float* partials, int lane) const
    {
        return wanted == run ? sums : add_pieces_together(partials, runs[2 * wanted], runs[2 * wanted + 1], lane);
    }
};

} // namespace ddm

// A module for each kind of distance, as listed in CMakeLists.txt.
#ifndef DDM_DISTANCE_COSINE

extern "C" __global__ void __launch_bounds__(256) gradient_distance_sums_relative(
    const float* gradient, long long gradient_member, const float* target, long long target_member,
    const int* pieces, float* partials, int count, int blocks)
{
    ddm::distance_sums<false>(gradient, gradient_member, target, target_member, pieces, partials, count, blocks);
}

// share: a run whose ‖g*‖ is at most this share of the member's is rounding noise; 0 if only a run of zeros is.
extern "C" __global__ void __launch_bounds__(256) gradient_distance_cotangent_relative(
    const float* gradient, long long gradient_member, const float* target, long long target_member, long long length,
    const int* pieces, const int* runs, const float* partials, float* distance, float* cotangent, int count, int run_count, float share,
    int blocks)
{
    using namespace ddm;
    __shared__ BlockSums block;
    PieceOfMember at(blocks);
    const float* sums_of_member = partials + 4LL * at.member * count;
    block.add_up(at, pieces, runs, sums_of_member, count, share > 0.0f);
    if (at.piece > count)
        return;
    double negligible = share > 0.0f ? static_cast<double>(share) * share * block.all.target : 0.0;
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
    float* v = cotangent + at.member * length + first;
    if (run < 0) {
        assign(v, parameters, at.lane, [](int) { return 0.0f; });
        return;
    }
    RunSums sums = block.of(run, runs, sums_of_member, at.lane);
    if (sums.target <= negligible) {
        assign(v, parameters, at.lane, [](int) { return 0.0f; });
        return;
    }
    float factor = static_cast<float>(2.0 / sums.target);
    const float* g = gradient + at.member * gradient_member + first;
    const float* wanted = target + at.member * target_member + first;
    assign(v, parameters, at.lane, [&](int i) { return factor * (g[i] - wanted[i]); });
}

#else

// Otherwise ptxas spills here to fit a sixth block on a multiprocessor.
extern "C" __global__ void __launch_bounds__(256, 5) gradient_distance_sums_cosine(
    const float* gradient, long long gradient_member, const float* target, long long target_member,
    const int* pieces, float* partials, int count, int blocks)
{
    ddm::distance_sums<true>(gradient, gradient_member, target, target_member, pieces, partials, count, blocks);
}

extern "C" __global__ void __launch_bounds__(256) gradient_distance_cotangent_cosine(
    const float* gradient, long long gradient_member, const float* target, long long target_member, long long length,
    const int* pieces, const int* runs, const float* partials, float* distance, float* cotangent, int count, int run_count, int blocks)
{
    using namespace ddm;
    __shared__ BlockSums block;
    PieceOfMember at(blocks);
    const float* sums_of_member = partials + 4LL * at.member * count;
    block.add_up(at, pieces, runs, sums_of_member, count, false);
    if (at.piece > count)
        return;
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
        assign(v, parameters, at.lane, [](int) { return 0.0f; });
        return;
    }
    RunSums sums = block.of(run, runs, sums_of_member, at.lane);
    if (sums.own == 0.0 || sums.target == 0.0) {
        assign(v, parameters, at.lane, [](int) { return 0.0f; });
        return;
    }
    double lengths = square_root(sums.own) * square_root(sums.target);
    float along = static_cast<float>(sums.product / lengths / sums.own), towards = static_cast<float>(1.0 / lengths);
    const float* g = gradient + at.member * gradient_member + first;
    const float* wanted = target + at.member * target_member + first;
    assign(v, parameters, at.lane, [&](int i) { return fma(along, g[i], -towards * wanted[i]); });
}

#endif
