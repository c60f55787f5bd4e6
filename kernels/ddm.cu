// All kernels in one translation unit: one PTX module per target.
#include "device.cuh"


#include "Adam.cu"
#include "Flatten.cu"
#include "Gather.cu"
#include "GradientDistance.cu"
#include "InstanceNorm.cu"
#include "LinearCombination.cu"
#include "Philox.cu"
#include "Reduction.cu"
#include "ReluAvgPool.cu"
#include "Sgd.cu"
#include "SoftmaxCrossEntropy.cu"
