// What convolutions and matrix products need around their main kernels: operands packed so that 16-byte copies can take them, and sums of the shares of split contractions.
//
//     product_pad_rows         [E, R, C] → [E, R, C′], C′ = C rounded up to 4, zeros beyond C
//     product_pack_transposed  W [E, O, C, k²] → [E, K, O′]: row (tap, c) of k²·C′, column o; K = k²·C′ rounded up to 16; zeros beyond O and C
//     product_pack_turned      W [E, O, C, k²] → [E, K, C′]: row (k² − 1 − tap, o) of k²·O′, column c; K = k²·O′ rounded up to 16; zeros beyond O and C
//     product_column_sums      δ [E, R, C] → shares [E, splits, C]: sums of each split's rows
//     product_sum_splits       shares [E, splits, O, k², C′] → [E, O, C, k²] = Σ over splits, in ascending order
//
// Filters are OIHW and begin anywhere in their vector; a matrix [O, I] is a filter bank with k = 1. Memory: every result is assigned (=), each input read once.
// Tiling: rows of taps and channels change places in shared memory, so that global memory is read and written along its rows.
// Intensity: at most one addition to four bytes. Bound aimed at: memory bandwidth; they are small beside the products that they serve.
#include "ProductTile.cuh"

namespace ddm {

__device__ constexpr int OperandThreads = 256;
__device__ constexpr int TransposeTile = 32;

} // namespace ddm

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_pad_rows(
    const float* rows, long long member, float* padded, int count, int width, int paddedWidth, int blocksPerMember)
{
    int which = blockIdx.x / blocksPerMember;
    int at = blockIdx.x % blocksPerMember * ddm::OperandThreads + threadIdx.x;
    if (at >= count * paddedWidth)
        return;
    int row = at / paddedWidth, column = at - row * paddedWidth;
    float value = 0.0f;
    if (column < width)
        value = rows[member * which + row * width + column];
    padded[static_cast<long long>(which) * count * paddedWidth + at] = value;
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_pack_transposed(
    const float* filter, long long member, float* packed, int outputs, int packedOutputs, int channels, int packedChannels, int taps, int depth, int depthTiles, int outputTiles)
{
    __shared__ float tile[ddm::TransposeTile * (ddm::TransposeTile + 1)];
    int first = blockIdx.x % depthTiles * ddm::TransposeTile, rest = blockIdx.x / depthTiles;
    int firstOutput = rest % outputTiles * ddm::TransposeTile, which = rest / outputTiles;
    int lane = threadIdx.x % ddm::TransposeTile, line = threadIdx.x / ddm::TransposeTile;
    const float* bank = filter + member * which;
    for (int i = line; i < ddm::TransposeTile; i += ddm::OperandThreads / ddm::TransposeTile) {
        int output = firstOutput + i, at = first + lane;
        float value = 0.0f;
        if (output < outputs && at < channels * taps)
            value = bank[static_cast<long long>(output) * channels * taps + at];
        tile[i * (ddm::TransposeTile + 1) + lane] = value;
    }
    __syncthreads();
    for (int i = line; i < ddm::TransposeTile; i += ddm::OperandThreads / ddm::TransposeTile) {
        int at = first + i, output = firstOutput + lane;
        if (at < depth && output < packedOutputs) {
            int channel = at / taps;
            int row = at < packedChannels * taps ? (at - channel * taps) * packedChannels + channel : at;
            packed[(static_cast<long long>(which) * depth + row) * packedOutputs + output] = tile[lane * (ddm::TransposeTile + 1) + i];
        }
    }
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_pack_turned(
    const float* filter, long long member, float* packed, int outputs, int packedOutputs, int channels, int packedChannels, int taps, int depth, int channelsPerBlock, int channelBlocks,
    int rowBlocks)
{
    int firstChannel = blockIdx.x % channelBlocks * channelsPerBlock, rest = blockIdx.x / channelBlocks;
    int output = rest % rowBlocks, which = rest / rowBlocks;
    int count = packedChannels - firstChannel < channelsPerBlock ? packedChannels - firstChannel : channelsPerBlock;
    float* bank = packed + static_cast<long long>(which) * depth * packedChannels + firstChannel;
    if (output >= packedOutputs) {
        // The rows between k²·O′ and the next multiple of 16.
        int row = packedOutputs * taps + output - packedOutputs;
        for (int i = threadIdx.x; i < count; i += ddm::OperandThreads)
            bank[static_cast<long long>(row) * packedChannels + i] = 0.0f;
        return;
    }
    const float* source = filter + member * which + (static_cast<long long>(output) * channels + firstChannel) * taps;
    for (int i = threadIdx.x; i < count * taps; i += ddm::OperandThreads) {
        float value = 0.0f;
        if (output < outputs && i < (channels - firstChannel) * taps)
            value = source[i];
        ddm::stages[i] = value;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < count * taps; i += ddm::OperandThreads) {
        int tap = i / count, channel = i - tap * count;
        bank[static_cast<long long>((taps - 1 - tap) * packedOutputs + output) * packedChannels + channel] = ddm::stages[channel * taps + tap];
    }
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_column_sums(
    const float* rows, long long member, float* sums, long long sumsMember, int count, int width, int splits, int columnBlocks)
{
    __shared__ float shares[ddm::OperandThreads];
    int lane = threadIdx.x % ddm::WarpSize, line = threadIdx.x / ddm::WarpSize;
    int column = blockIdx.x % columnBlocks * ddm::WarpSize + lane, rest = blockIdx.x / columnBlocks;
    int split = rest % splits, which = rest / splits;
    int first = static_cast<int>(static_cast<long long>(count) * split / splits), end = static_cast<int>(static_cast<long long>(count) * (split + 1) / splits);
    float sum = 0.0f;
    if (column < width) {
        const float* place = rows + member * which + column;
        for (int row = first + line; row < end; row += ddm::OperandThreads / ddm::WarpSize)
            sum += place[static_cast<long long>(row) * width];
    }
    shares[threadIdx.x] = sum;
    __syncthreads();
    if (line == 0 && column < width) {
        for (int other = 1; other < ddm::OperandThreads / ddm::WarpSize; other++)
            sum += shares[other * ddm::WarpSize + lane];
        sums[sumsMember * which + static_cast<long long>(split) * width + column] = sum;
    }
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_sum_splits(
    const float* shares, float* sums, long long sumsMember, int splits, int outputs, int channels, int packedChannels, int taps, int channelsPerBlock, int channelBlocks)
{
    int firstChannel = blockIdx.x % channelBlocks * channelsPerBlock, rest = blockIdx.x / channelBlocks;
    int output = rest % outputs, which = rest / outputs;
    int count = channels - firstChannel < channelsPerBlock ? channels - firstChannel : channelsPerBlock;
    long long row = static_cast<long long>(taps) * packedChannels, bank = row * outputs;
    const float* source = shares + bank * splits * which + row * output + firstChannel;
    for (int i = threadIdx.x; i < count * taps; i += ddm::OperandThreads) {
        int tap = i / count, channel = i - tap * count;
        const float* place = source + static_cast<long long>(tap) * packedChannels + channel;
        float sum = place[0];
        for (int split = 1; split < splits; split++)
            sum += place[bank * split];
        ddm::stages[channel * taps + tap] = sum;
    }
    __syncthreads();
    float* target = sums + sumsMember * which + (static_cast<long long>(output) * channels + firstChannel) * taps;
    for (int i = threadIdx.x; i < count * taps; i += ddm::OperandThreads)
        target[i] = ddm::stages[i];
}
