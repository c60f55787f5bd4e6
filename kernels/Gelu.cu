// The Gaussian error linear unit in its exact form, f(x) = x·Φ(x), and its derivatives, f′(x) = Φ(x) + xφ(x) and f″(x) = φ(x)(2 − x²):
//
//     forward  y = f(x)        derivative  f′(x)ẋ or f′(x)δ        backward tangent  f′(x)δ̇ + f″(x)ẋδ
//
// Shapes: all operands [E, L]; every operand that is read is passed with its number of floats between members (0: shared).
// Memory: results are assigned (=); each float is moved once. Elementwise.cuh describes the grid.
// Φ: with t = |x|, Φ(−t) = e^(−t²/2)·s·P(s), where s = 1/(1 + 11t/32) and P is a minimax polynomial of degree 8 (relative error 2·10⁻⁸), so
// that one exponential serves Φ and φ and small tails keep their digits.
// Intensity: about 30 flops for 8 bytes (forward) to 20 bytes (backward tangent), ≤ 4 flops per byte. Target bound: memory bandwidth.
#include "Elementwise.cuh"

namespace ddm {

struct Gaussian {
    float distribution; // Φ(x)
    float density;      // φ(x)
    float limited;      // |x|, limited so that x²φ(x) is 0 and not NaN for large x

    __device__ __forceinline__ explicit Gaussian(float x)
    {
        // From here on, φ(x) and Φ(−t) are 0; they are about the smallest normal number there.
        constexpr float Limit = 13.125f;
        float t = x < 0.0f ? -x : x;
        limited = t > Limit ? Limit : t;
        float power = t < Limit ? exp(-0.5f * limited * limited) : 0.0f;
        float s = divide(1.0f, fma(limited, 0.34375f, 1.0f));
        float p = fma(-0.0281990692f, s, 0.145640165f);
        p = fma(p, s, -0.275198102f);
        p = fma(p, s, 0.194657236f);
        p = fma(p, s, -0.0417154618f);
        p = fma(p, s, 0.113610491f);
        p = fma(p, s, 0.116515368f);
        p = fma(p, s, 0.13757126f);
        p = fma(p, s, 0.137118116f);
        float tail = power * (p * s);
        distribution = x > 0.0f ? 1.0f - tail : tail;
        density = power * 0.398942280f;
    }

    __device__ __forceinline__ float derivative(float x) const { return fma(x, density, distribution); }

    __device__ __forceinline__ float second_derivative() const { return density * (2.0f - limited * limited); }
};

template <int W>
__device__ __forceinline__ void gelu_forward(const float* x, long long x_member, float* y, long long length, int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        Lanes<V> at = fetch<V>(x + member * x_member + offset);
        store<V>(y + member * length + offset, lane_by_lane<V>([&](int w) { return at.at[w] * Gaussian(at.at[w]).distribution; }));
    });
}

// f′(x) times a tangent or a cotangent.
template <int W>
__device__ __forceinline__ void gelu_derivative(
    const float* x, long long x_member, const float* factor, long long factor_member, float* result, long long length, int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        Lanes<V> at = fetch<V>(x + member * x_member + offset), moved = fetch<V>(factor + member * factor_member + offset);
        store<V>(result + member * length + offset,
            lane_by_lane<V>([&](int w) { return Gaussian(at.at[w]).derivative(at.at[w]) * moved.at[w]; }));
    });
}

template <int W>
__device__ __forceinline__ void gelu_backward_tangent(
    const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, const float* cotangent,
    long long cotangent_member, const float* cotangent_tangent, long long cotangent_tangent_member, float* result, long long length,
    int blocks)
{
    elementwise<W>(length, blocks, [&](auto width, int member, long long offset) {
        constexpr int V = decltype(width)::Value;
        Lanes<V> at = fetch<V>(x + member * x_member + offset), moved = fetch<V>(x_tangent + member * x_tangent_member + offset);
        Lanes<V> delta = fetch<V>(cotangent + member * cotangent_member + offset);
        Lanes<V> delta_tangent = fetch<V>(cotangent_tangent + member * cotangent_tangent_member + offset);
        store<V>(result + member * length + offset, lane_by_lane<V>([&](int w) {
            Gaussian gaussian(at.at[w]);
            return fma(gaussian.derivative(at.at[w]), delta_tangent.at[w], gaussian.second_derivative() * moved.at[w] * delta.at[w]);
        }));
    });
}

} // namespace ddm

#define DDM_GELU(NAME, W)                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(256) gelu_forward_##NAME(                                                                \
        const float* x, long long x_member, float* y, long long length, int blocks)                                                       \
    {                                                                                                                                     \
        ddm::gelu_forward<W>(x, x_member, y, length, blocks);                                                                             \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256) gelu_derivative_##NAME(                                                             \
        const float* x, long long x_member, const float* factor, long long factor_member, float* result, long long length, int blocks)    \
    {                                                                                                                                     \
        ddm::gelu_derivative<W>(x, x_member, factor, factor_member, result, length, blocks);                                              \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256) gelu_backward_tangent_##NAME(                                                       \
        const float* x, long long x_member, const float* x_tangent, long long x_tangent_member, const float* cotangent,                   \
        long long cotangent_member, const float* cotangent_tangent, long long cotangent_tangent_member, float* result,                    \
        long long length, int blocks)                                                                                                     \
    {                                                                                                                                     \
        ddm::gelu_backward_tangent<W>(x, x_member, x_tangent, x_tangent_member, cotangent, cotangent_member, cotangent_tangent,           \
            cotangent_tangent_member, result, length, blocks);                                                                            \
    }

DDM_GELU(vector, 4)
DDM_GELU(scalar, 1)
