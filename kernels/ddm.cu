// All kernels in one translation unit: one PTX module per target.
#include "device.cuh"

