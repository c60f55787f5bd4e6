// Accelerations of bodies that attract each other, with tiles of positions in shared memory; 16-byte loads.
#include "cuda.cuh"

extern "C" __global__ void __launch_bounds__(64) nbody(const float4* bodies, float4* accelerations, int count)
{
    __shared__ float4 tile[64];
    int index = blockIdx.x * 64 + threadIdx.x;
    float4 self = bodies[index];
    float ax = 0.0f, ay = 0.0f, az = 0.0f;
    for (int start = 0; start < count; start += 64) {
        tile[threadIdx.x] = bodies[start + threadIdx.x];
        __syncthreads();
        for (int i = 0; i < 64; i++) {
            float dx = tile[i].x - self.x, dy = tile[i].y - self.y, dz = tile[i].z - self.z;
            float inverse = rsqrtf(fmaf(dx, dx, fmaf(dy, dy, fmaf(dz, dz, 1.0e-3f))));
            float pull = tile[i].w * inverse * inverse * inverse;
            ax = fmaf(pull, dx, ax);
            ay = fmaf(pull, dy, ay);
            az = fmaf(pull, dz, az);
        }
        __syncthreads();
    }
    float4 result;
    result.x = ax;
    result.y = ay;
    result.z = az;
    result.w = 0.0f;
    accelerations[index] = result;
}
