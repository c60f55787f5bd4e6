// Auxiliary operations of convolutions and matrix products: operands packed for 16-byte copies, and sums of the shares of split
// contractions.
//
//     product_pad_rows         [E, R, C] → [E, R, C′], C′ = C rounded up to 4, zeros beyond C
//     product_pad_image        [E, N, H, W, C < 4] → [E, N, H + 2p, W′, 4], W′ = W + 2p rounded up to 2, zeros around the image
//                              and beyond C
//     product_pack_transposed  W [E, O, C, k²] → [E, K, O′]: row (tap, c) of k²·C′, column o; K = k²·C′ rounded up to 16; zeros
//                              beyond O and C
//     product_pack_turned      W [E, O, C, k²] → [E, K, C′]: row (k² − 1 − tap, o) of k²·O′, column c; K = k²·O′ rounded up to 16;
//                              zeros beyond O and C
//     product_take_taps        W [E, O·C, k²] → [E, O·C, taps]: those of one phase of a strided convolution, every σ-th from the first
//     product_merge_phases     phases [σ², E, N, h, w, C] → [E, N, H, W, C]: pixel (y, x) is (y / σ, x / σ) of phase (y mod σ, x mod σ),
//                              whose h and w are its own; zero if no tap meets the phase
//     product_column_sums      δ [E, R, C] → shares [E, splits, C]: sums of each split's rows
//     product_sum_splits       shares [E, splits, O, k², C′] → [E, O, C, k²] = Σ over splits, in ascending order
//
// Filters are OIHW and start anywhere in their vector; a matrix [O, I] is a filter bank with k = 1. Memory: every result is assigned (=),
// each input read once. Unaligned runs are processed in whole sectors (floats_into_sector), so that no request touches more sectors than
// its bytes need.
// Tiling: rows of taps and channels are transposed in shared memory, so that global memory is read and written along its rows. A block
// processes some outputs with all their channels if these are few, otherwise some channels (a multiple of 32) of one output; a warp stays
// within one tap, so that its lanes, k² floats apart in shared memory, are in different banks for every odd k.
// Divergence: none in loops; all threads execute every iteration, and lanes beyond the end are predicated off.
// Intensity: at most one addition per four bytes. Target bound: memory bandwidth; they are small compared with the products that use them.
#include "ProductTile.cuh"

namespace ddm {

__device__ constexpr int OperandThreads = 256;
__device__ constexpr int TransposeTile = 32;

// Copies `count` floats that start anywhere to the start of shared memory.
__device__ __forceinline__ void load_run(const float* source, int count)
{
    unsigned long long from = global_address(source);
    unsigned slab = shared_address(stages);
    for (int base = -floats_into_sector(source); base < count; base += OperandThreads) {
        int at = base + static_cast<int>(threadIdx.x);
        store_shared_within(slab + 4 * at, load_within(from + 4ll * at, at, count), at, count);
    }
}

// Writes them from there.
__device__ __forceinline__ void store_run(float* target, int count)
{
    unsigned long long to = global_address(target);
    unsigned slab = shared_address(stages);
    for (int base = -floats_into_sector(target); base < count; base += OperandThreads) {
        int at = base + static_cast<int>(threadIdx.x);
        store_within(to + 4ll * at, load_shared_within(slab + 4 * at, at, count), at, count);
    }
}

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

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_pad_image(
    const float* images, long long member, float* padded, int samples, int height, int width, int channels, int padding, int paddedHeight,
    int paddedWidth, int paddedWidthMultiplier,
    int paddedWidthShift, int linesPerBlock, int lineBlocks)
{
    int firstLine = blockIdx.x % lineBlocks * linesPerBlock, image = blockIdx.x / lineBlocks, which = image / samples;
    int lines = paddedHeight - firstLine < linesPerBlock ? paddedHeight - firstLine : linesPerBlock;
    int begin = firstLine < padding ? 0 : firstLine - padding, end = firstLine + lines - padding < height
        ? firstLine + lines - padding : height;
    const float* source = images + member * which + (static_cast<long long>(image - which * samples) * height + begin) * width * channels;
    ddm::load_run(source, end > begin ? (end - begin) * width * channels : 0);
    __syncthreads();
    unsigned long long target = ddm::global_address(padded + (static_cast<long long>(image) * paddedHeight + firstLine) * paddedWidth * 4);
    unsigned slab = ddm::shared_address(ddm::stages);
    int pixels = lines * paddedWidth;
    for (int base = 0; base < pixels; base += ddm::OperandThreads) {
        int at = base + static_cast<int>(threadIdx.x);
        int line = ddm::quotient(at, paddedWidthMultiplier, paddedWidthShift);
        int x = at - line * paddedWidth - padding, y = firstLine + line - padding;
        int filled = ((y >= begin) & (y < end)) ? width : 0;
        unsigned from = slab + 4 * (((y - begin) * width + x) * channels);
        float pixel[4];
        pixel[0] = ddm::load_shared_within(from, x, filled);
        pixel[1] = ddm::load_shared_within(from + sizeof(float), x, channels > 1 ? filled : 0);
        pixel[2] = ddm::load_shared_within(from + 2 * sizeof(float), x, channels > 2 ? filled : 0);
        pixel[3] = 0.0f;
        ddm::store_within(target + 16ll * at, pixel, at, pixels);
    }
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_pack_transposed(
    const float* filter, long long member, float* packed, int outputs, int packedOutputs, int channels, int packedChannels, int taps,
    int tapsMultiplier, int tapsShift, int depth,
    int depthTiles, int outputTiles)
{
    __shared__ float tile[ddm::TransposeTile * (ddm::TransposeTile + 1)];
    int tileOfDepth = blockIdx.x % depthTiles, rest = blockIdx.x / depthTiles;
    int firstOutput = rest % outputTiles * ddm::TransposeTile, which = rest / outputTiles;
    int lane = threadIdx.x % ddm::TransposeTile, line = threadIdx.x / ddm::TransposeTile;
    const float* bank = filter + member * which;
    // Tiles start with a sector, so the first and the last may be part of one.
    int length = channels * taps, first = tileOfDepth * ddm::TransposeTile - ddm::floats_into_sector(bank);
#pragma unroll
    for (int i = line; i < ddm::TransposeTile; i += ddm::OperandThreads / ddm::TransposeTile) {
        int output = firstOutput + i, at = first + lane;
        tile[i * (ddm::TransposeTile + 1) + lane]
            = ddm::load_within(ddm::global_address(bank) + 4 * (static_cast<long long>(output) * length + at), at, output < outputs
                ? length : 0);
    }
    __syncthreads();
    int output = firstOutput + lane, rows = output < packedOutputs ? depth : 0;
    unsigned long long to = ddm::global_address(packed + (static_cast<long long>(which) * depth * packedOutputs + output));
#pragma unroll
    for (int i = line; i < ddm::TransposeTile; i += ddm::OperandThreads / ddm::TransposeTile) {
        int at = first + i;
        int channel = ddm::quotient(at, tapsMultiplier, tapsShift);
        int row = at < packedChannels * taps ? (at - channel * taps) * packedChannels + channel : at;
        ddm::store_within(to + 4 * (static_cast<long long>(row) * packedOutputs), tile[lane * (ddm::TransposeTile + 1) + i], at, rows);
    }
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_pack_turned(
    const float* filter, long long member, float* packed, int outputs, int packedOutputs, int channels, int packedChannels,
    int packedChannelsMultiplier, int packedChannelsShift, int taps,
    int depth, int outputsPerBlock, int outputBlocks, int channelsPerBlock, int channelBlocks, int lanes, int lanesMultiplier,
    int lanesShift)
{
    int firstChannel = blockIdx.x % channelBlocks * channelsPerBlock, rest = blockIdx.x / channelBlocks;
    int firstOutput = rest % outputBlocks * outputsPerBlock, which = rest / outputBlocks;
    int height = packedOutputs - firstOutput < outputsPerBlock ? packedOutputs - firstOutput : outputsPerBlock;
    int width = packedChannels - firstChannel < channelsPerBlock ? packedChannels - firstChannel : channelsPerBlock;
    // The part of the filter in the block's outputs and channels; the rest is zero.
    int filled = outputs - firstOutput < height ? outputs - firstOutput : height, own = channels - firstChannel < width
        ? channels - firstChannel : width;
    ddm::load_run(filter + member * which + (static_cast<long long>(firstOutput) * channels + firstChannel) * taps, filled > 0
        ? filled * own * taps : 0);
    __syncthreads();
    unsigned slab = ddm::shared_address(ddm::stages);
    unsigned long long bank = ddm::global_address(packed + (static_cast<long long>(which) * depth * packedChannels + firstChannel));
    // The block's outputs and channels of one tap are contiguous: `lanes` is their maximum number, in whole warps. Taps are processed in
    // reverse.
    int tapFloats = packedOutputs * packedChannels, lastTap = (taps - 1) * tapFloats + firstOutput * packedChannels;
    for (int base = 0; base < taps * lanes; base += ddm::OperandThreads) {
        int at = base + static_cast<int>(threadIdx.x);
        int tap = ddm::quotient(at, lanesMultiplier, lanesShift), place = at - tap * lanes;
        int output = 0, channel = place;
        if (outputsPerBlock > 1) {
            output = ddm::quotient(place, packedChannelsMultiplier, packedChannelsShift);
            channel -= output * packedChannels;
        }
        int inside = tap < taps ? height * width : 0;
        float value = ddm::load_shared_within(slab + 4 * ((output * channels + channel) * taps + tap), channel,
            ((tap < taps) & (output < filled)) ? own : 0);
        ddm::store_within(bank + 4ll * (lastTap - tap * tapFloats + place), value, place, inside);
    }
    if (firstOutput == 0) {
        // The rows between k²·O′ and the next multiple of 16.
        for (int row = packedOutputs * taps; row < depth; row++)
            for (int base = 0; base < width; base += ddm::OperandThreads) {
                int channel = base + static_cast<int>(threadIdx.x);
                ddm::store_within(bank + 4ll * (row * packedChannels + channel), 0.0f, channel, width);
            }
    }
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_take_taps(
    const float* filter, long long member, float* taken, int rows, int kernel, int firstRow, int firstColumn, int stride, int tapRows,
    int tapColumns, int blocksPerMember)
{
    int which = blockIdx.x / blocksPerMember;
    int at = blockIdx.x % blocksPerMember * ddm::OperandThreads + threadIdx.x;
    int taps = tapRows * tapColumns;
    if (at >= rows * taps)
        return;
    int row = at / taps, tap = at - row * taps;
    int down = tap / tapColumns, right = tap - down * tapColumns;
    int from = (row * kernel + firstRow + down * stride) * kernel + firstColumn + right * stride;
    taken[static_cast<long long>(which) * rows * taps + at] = filter[member * which + from];
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_merge_phases(
    const float* phases, long long phaseFloats, float* image, int samples, int height, int width, int channels, int channelsMultiplier,
    int channelsShift, int widthMultiplier, int widthShift, int heightMultiplier, int heightShift, int stride, int strideMultiplier,
    int strideShift, int kernel, int padding, int blocksPerMember)
{
    int which = blockIdx.x / blocksPerMember;
    int at = blockIdx.x % blocksPerMember * ddm::OperandThreads + threadIdx.x;
    int count = samples * height * width * channels;
    if (at >= count)
        return;
    int pixel = ddm::quotient(at, channelsMultiplier, channelsShift), channel = at - pixel * channels;
    int line = ddm::quotient(pixel, widthMultiplier, widthShift), x = pixel - line * width;
    int sample = ddm::quotient(line, heightMultiplier, heightShift), y = line - sample * height;
    int down = ddm::quotient(y, strideMultiplier, strideShift), right = ddm::quotient(x, strideMultiplier, strideShift);
    int rowPhase = y - down * stride, columnPhase = x - right * stride;
    // The lowest tap of a phase is its first row, with the padding, modulo the stride.
    int lowestRow = rowPhase + padding, lowestColumn = columnPhase + padding;
    lowestRow -= ddm::quotient(lowestRow, strideMultiplier, strideShift) * stride;
    lowestColumn -= ddm::quotient(lowestColumn, strideMultiplier, strideShift) * stride;
    float value = 0.0f;
    if (lowestRow < kernel && lowestColumn < kernel) {
        int rows = ddm::quotient(height - rowPhase + stride - 1, strideMultiplier, strideShift);
        int columns = ddm::quotient(width - columnPhase + stride - 1, strideMultiplier, strideShift);
        long long part = phaseFloats * (rowPhase * stride + columnPhase)
            + static_cast<long long>(which) * samples * rows * columns * channels;
        value = phases[part + ((sample * rows + down) * columns + right) * channels + channel];
    }
    image[static_cast<long long>(which) * count + at] = value;
}

extern "C" __global__ void __launch_bounds__(ddm::OperandThreads) product_column_sums(
    const float* rows, long long member, float* sums, long long sumsMember, int count, int width, int splits, int columnBlocks)
{
    __shared__ float shares[ddm::OperandThreads];
    int lane = threadIdx.x % ddm::WarpSize, line = threadIdx.x / ddm::WarpSize;
    int column = blockIdx.x % columnBlocks * ddm::WarpSize + lane, rest = blockIdx.x / columnBlocks;
    int split = rest % splits, which = rest / splits;
    int first = static_cast<int>(static_cast<long long>(count) * split / splits),
        end = static_cast<int>(static_cast<long long>(count) * (split + 1) / splits);
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
    const float* shares, float* sums, long long sumsMember, int splits, int outputs, int channels, int packedChannels, int taps,
    int tapsMultiplier, int tapsShift, int outputsPerBlock,
    int outputBlocks, int channelsPerBlock, int channelBlocks, int lanes, int lanesMultiplier, int lanesShift)
{
    int firstChannel = blockIdx.x % channelBlocks * channelsPerBlock, rest = blockIdx.x / channelBlocks;
    int firstOutput = rest % outputBlocks * outputsPerBlock, which = rest / outputBlocks;
    int height = outputs - firstOutput < outputsPerBlock ? outputs - firstOutput : outputsPerBlock;
    int width = packedChannels - firstChannel < channelsPerBlock ? packedChannels - firstChannel : channelsPerBlock;
    int own = channels - firstChannel < width ? channels - firstChannel : width;
    unsigned slab = ddm::shared_address(ddm::stages);
    long long bank = static_cast<long long>(outputs) * taps * packedChannels;
    const float* source = shares + bank * splits * which + static_cast<long long>(firstOutput) * taps * packedChannels + firstChannel;
    // A row is the channels of one output and tap: `lanes` is their maximum number, in whole warps if there are 32.
    for (int base = 0; base < height * taps * lanes; base += ddm::OperandThreads) {
        int at = base + static_cast<int>(threadIdx.x);
        int row = ddm::quotient(at, lanesMultiplier, lanesShift), channel = at - row * lanes;
        // Lanes beyond the end read the last position again.
        int readRow = row < height * taps ? row : height * taps - 1, readChannel = channel < width ? channel : width - 1;
        const float* place = source + (static_cast<long long>(readRow) * packedChannels + readChannel);
        float sum = place[0];
#pragma unroll 4
        for (int split = 1; split < splits; split++)
            sum += place[bank * split];
        int output = ddm::quotient(row, tapsMultiplier, tapsShift), tap = row - output * taps;
        ddm::store_shared_within(slab + 4 * ((output * channels + channel) * taps + tap), sum, channel, row < height * taps ? own : 0);
    }
    __syncthreads();
    ddm::store_run(sums + sumsMember * which + (static_cast<long long>(firstOutput) * channels + firstChannel) * taps, height * own * taps);
}
