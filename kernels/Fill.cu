// θ = value for a run of parameters of every member.
//
// Shapes: θ [E, L] within longer vectors [E, P]. The other parameters are neither read nor written.
// Memory: θ is assigned (=) and not read. Elementwise.cuh describes the grid.
// Tiling: slices start anywhere, so a thread writes one float. A warp still writes whole sectors, except at the slice's ends.
// Intensity: 4 bytes written for no flop. Target bound: memory bandwidth.
#include "Elementwise.cuh"

extern "C" __global__ void __launch_bounds__(256) fill_assign(
    float* target, long long target_member, float value, long long length, int blocks)
{
    ddm::elementwise<1>(length, blocks, [&](auto, int member, long long offset) { target[member * target_member + offset] = value; });
}
