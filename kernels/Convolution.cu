// Convolution as a matrix product without an explicit patch matrix (implicit GEMM), its cotangents, and the tangents of both
// (docs/mathematics.md).
//
//     forward           y  = W∗x + b                backward data     δx  = Wᵀ∗δ
//     forward tangent   ẏ  = W∗ẋ + Ẇ∗x + ḃ          its tangent       δẋ  = Wᵀ∗δ̇ + Ẇᵀ∗δ
//     backward filter   δW = Σ δ⋆x                  its tangent       δẆ  = Σ δ̇⋆x + δ⋆ẋ
//
// Shapes: images [E, N, H, W, C] channels last, C a multiple of four (ensured by product_pad_rows, or by product_pad_image if there are
// fewer than four channels, which also adds the border of zeros); every operand that is read is passed with its number of floats between
// members (0: shared).
// convolution_correlate computes the first four: rows are output pixels (n, y, x), columns output channels, and the contraction runs over
// (source, ky, kx, c): a tangent is the same product with the contraction doubled, [x; ẋ] against [Ẇ; W]. Filters are packed as [k²C
// rounded up to 16, columns rounded up to 4] (ProductOperands.cu); backward data is forward with the filter rotated by 180° and its
// channels exchanged, and padding k − 1 − p. With a stride σ, backward data is one such product for each phase of the pixels (the rows σj +
// a and columns σj + b for each a, b < σ), with the taps of that phase alone; product_merge_phases then assigns the image.
// convolution_backward_filter: rows are the o of δ, columns (ky, kx, c), contracted over the pixels, which are divided among `splits`
// blocks: each assigns its share to partials [E, splits, O, k²C], which product_sum_splits adds in order. No atomics.
// Memory: results are assigned (=). A block reads each pixel of x k² times, from the caches except for the first time; filters once per 64
// or 128 pixels. If channels are multiples of eight, every request except those for the bias touches only sectors that it fills: a warp
// copies 64 bytes of each of eight pixels, and stores 128 of each of four.
// Tiling, pipeline, intensity and bound: ProductTile.cuh. Everything that depends only on the output pixel is computed before the main
// loop; in the loop, the position in the filter costs two multiplications per step and thread.
#include "ProductTile.cuh"

namespace ddm {

// One source of a contraction: an image and the operand that it is multiplied by.
struct Source {
    unsigned long long image, other;
};

struct ImageShape {
    // A filter has `taps` taps in rows of `kernel`; windows begin `stride` pixels apart, the first `top` rows above the image and `left`
    // columns beside it.
    int channels, height, width, taps, kernel, top, left, stride;
    int outputPixels, outputPixelsMultiplier, outputPixelsShift;
    int outputWidth, outputWidthMultiplier, outputWidthShift;
    int channelsMultiplier, channelsShift, kernelMultiplier, kernelShift;
};

// A member's two sources; the second equals the first if there is only one.
__device__ __forceinline__ Source source_of(const float* image, long long imageMember, const float* other, long long otherMember,
    int member)
{
    Source source;
    source.image = global_address(image + imageMember * member);
    source.other = global_address(other + otherMember * member);
    return source;
}

// Slabs of correlate: patches of the image by rows, and the packed filter bank.
template <class T, class Layout>
struct PatchLoader {
    static constexpr int Step = T::Threads / 4;
    static constexpr int Count = T::M / Step;
    static constexpr int Outside = -0x40000000;
    ColumnCopies<T, T::N, Layout::BStride> filter;
    Source current, next;
    unsigned destination;
    int offset[Count], y[Count], x[Count];
    int chunk, k, length, left, columns;
    const ImageShape& shape;

    __device__ __forceinline__ PatchLoader(const ImageShape& shape, Source first, Source second, int firstPixel, int pixels,
        int firstColumn, int columns, int steps)
        : filter(shared_address(stages) + sizeof(float) * Layout::AFloats, firstColumn, columns), current(first), next(second),
            columns(columns), shape(shape)
    {
        int row = threadIdx.x / 4;
        chunk = threadIdx.x % 4;
        k = 0;
        left = steps;
        length = shape.taps * shape.channels;
        destination = shared_address(stages) + sizeof(float) * row_chunk(row, chunk);
#pragma unroll
        for (int i = 0; i < Count; i++) {
            int pixel = firstPixel + row + i * Step;
            int sample = quotient(pixel, shape.outputPixelsMultiplier, shape.outputPixelsShift);
            int within = pixel - sample * shape.outputPixels;
            int line = quotient(within, shape.outputWidthMultiplier, shape.outputWidthShift);
            x[i] = (within - line * shape.outputWidth) * shape.stride - shape.left;
            y[i] = line * shape.stride - shape.top;
            offset[i] = ((sample * shape.height + y[i]) * shape.width + x[i]) * shape.channels;
            if (pixel >= pixels)
                y[i] = Outside;
        }
    }

    __device__ __forceinline__ void copy(unsigned stage)
    {
        int at = k + 4 * chunk;
        int position = quotient(at, shape.channelsMultiplier, shape.channelsShift);
        int down = quotient(position, shape.kernelMultiplier, shape.kernelShift);
        int right = position - down * shape.kernel;
        int shift = (down * shape.width + right) * shape.channels + at - position * shape.channels;
        if (at >= length)
            down = Outside;
#pragma unroll
        for (int i = 0; i < Count; i++) {
            bool inside = static_cast<unsigned>(y[i] + down) < static_cast<unsigned>(shape.height)
                & static_cast<unsigned>(x[i] + right) < static_cast<unsigned>(shape.width);
            copy_async_global_16(destination + stage, i * Step * TileDepth * 4, current.image, offset[i] + shift, inside);
        }
        filter.copy(stage, current.other, k, columns);
        k += TileDepth;
        left--;
        if (left == 0) {
            current = next;
            k = 0;
        }
    }
};

template <class T, Precision P>
__device__ __forceinline__ void correlate(
    const ImageShape& shape, const float* image0, long long image0Member, const float* filter0, long long filter0Member,
    const float* image1, long long image1Member,
    const float* filter1, long long filter1Member, const float* bias, long long biasMember, float* output, int pixels, int outputs,
    int packedOutputs, int stepsPerSource, int steps,
    int rowTiles, int columnTiles)
{
    using Layout = Slabs<T, P, true>;
    int tile = blockIdx.x % rowTiles, rest = blockIdx.x / rowTiles;
    int firstPixel = tile * T::M, firstColumn = rest % columnTiles * T::N, member = rest / columnTiles;
    PatchLoader<T, Layout> loader(
        shape, source_of(image0, image0Member, filter0, filter0Member, member),
        source_of(image1, image1Member, filter1, filter1Member, member), firstPixel, pixels, firstColumn,
        packedOutputs, stepsPerSource);
    using Bias = BiasSlab<T, Layout>;
    Bias::copy(bias == nullptr ? nullptr : bias + biasMember * member, firstColumn, outputs);
    typename ProductOf<T, P, true>::Type product;
    contract<Layout::Floats>(loader, product, steps);
    if (bias != nullptr)
        product.add_to_columns(stages + Bias::Begin);
    MatrixOutput result;
    result.matrix = output + static_cast<long long>(member) * pixels * outputs;
    result.rows = pixels;
    result.columns = outputs;
    result.firstRow = firstPixel;
    result.firstColumn = firstColumn;
    assign(product, result);
}

// Slabs of the filter gradient: δ by columns, and the image's patches by columns. A thread keeps its position in the filter and iterates
// over the pixels.
template <class T, class Layout>
struct GradientLoader {
    static constexpr int Chunks = T::N / 4;
    static constexpr int Step = T::Threads / Chunks;
    static constexpr int Count = TileDepth / Step;
    ColumnCopies<T, T::M, Layout::AStride> cotangent;
    Source current, next;
    unsigned destination;
    int row, down, right, shift, start, pixels, stepsToNext, rows;
    const ImageShape& shape;

    __device__ __forceinline__ GradientLoader(
        const ImageShape& shape, Source first, Source second, int firstRow, int rows, int firstColumn, int pixels, int firstStep,
        int stepsPerSource)
        : cotangent(shared_address(stages), firstRow, rows), pixels(pixels), rows(rows), shape(shape)
    {
        int column = static_cast<int>(threadIdx.x) % Chunks * 4;
        row = threadIdx.x / Chunks;
        destination = shared_address(stages) + sizeof(float) * (Layout::AFloats + row * Layout::BStride + column);
        int at = firstColumn + column;
        int position = quotient(at, shape.channelsMultiplier, shape.channelsShift);
        int line = quotient(position, shape.kernelMultiplier, shape.kernelShift);
        right = position - line * shape.kernel - shape.left;
        down = line - shape.top;
        shift = (down * shape.width + right) * shape.channels + at - position * shape.channels;
        if (at >= shape.taps * shape.channels)
            down = -0x40000000;
        bool inSecond = firstStep >= stepsPerSource;
        current = inSecond ? second : first;
        next = second;
        start = (inSecond ? firstStep - stepsPerSource : firstStep) * TileDepth;
        stepsToNext = inSecond ? 0x7fffffff : stepsPerSource - firstStep;
    }

    __device__ __forceinline__ void copy(unsigned stage)
    {
        cotangent.copy(stage, current.other, start, rows, pixels);
#pragma unroll
        for (int i = 0; i < Count; i++) {
            int pixel = start + row + i * Step;
            int sample = quotient(pixel, shape.outputPixelsMultiplier, shape.outputPixelsShift);
            int within = pixel - sample * shape.outputPixels;
            int line = quotient(within, shape.outputWidthMultiplier, shape.outputWidthShift);
            int y = line * shape.stride, x = (within - line * shape.outputWidth) * shape.stride;
            int from = ((sample * shape.height + y) * shape.width + x) * shape.channels + shift;
            bool inside = static_cast<unsigned>(y + down) < static_cast<unsigned>(shape.height)
                & static_cast<unsigned>(x + right) < static_cast<unsigned>(shape.width)
                & pixel < pixels;
            copy_async_global_16(destination + stage, i * Step * Layout::BStride * 4, current.image, from, inside);
        }
        start += TileDepth;
        stepsToNext--;
        if (stepsToNext == 0) {
            current = next;
            start = 0;
        }
    }
};

template <class T, Precision P>
__device__ __forceinline__ void backward_filter(
    const ImageShape& shape, const float* image0, long long image0Member, const float* cotangent0, long long cotangent0Member,
    const float* image1, long long image1Member,
    const float* cotangent1, long long cotangent1Member, float* partials, int pixels, int outputs, int packedOutputs, int stepsPerSource,
    int steps, int splits, int rowTiles, int columnTiles)
{
    using Layout = Slabs<T, P, false>;
    int tile = blockIdx.x % rowTiles, rest = blockIdx.x / rowTiles;
    int firstRow = tile * T::M, firstColumn = rest % columnTiles * T::N;
    int part = rest / columnTiles, split = part % splits, member = part / splits;
    int firstStep = static_cast<int>(static_cast<long long>(steps) * split / splits),
        endStep = static_cast<int>(static_cast<long long>(steps) * (split + 1) / splits);
    GradientLoader<T, Layout> loader(
        shape, source_of(image0, image0Member, cotangent0, cotangent0Member, member),
        source_of(image1, image1Member, cotangent1, cotangent1Member, member), firstRow, packedOutputs,
        firstColumn, pixels, firstStep, stepsPerSource);
    typename ProductOf<T, P, false>::Type product;
    contract<Layout::Floats>(loader, product, endStep - firstStep);
    MatrixOutput result;
    result.columns = shape.taps * shape.channels;
    result.matrix = partials + static_cast<long long>(part) * outputs * result.columns;
    result.rows = outputs;
    result.firstRow = firstRow;
    result.firstColumn = firstColumn;
    assign(product, result);
}

} // namespace ddm

#define DDM_IMAGE_SHAPE \
    int channels, int height, int width, int taps, int kernel, int top, int left, int stride, int outputPixels, \
    int outputPixelsMultiplier, int outputPixelsShift, int outputWidth, int outputWidthMultiplier, \
        int outputWidthShift, int channelsMultiplier, int channelsShift, int kernelMultiplier, int kernelShift

#define DDM_IMAGE_SHAPE_ARGUMENTS \
    { channels, height, width, taps, kernel, top, left, stride, outputPixels, outputPixelsMultiplier, outputPixelsShift, outputWidth, \
    outputWidthMultiplier, outputWidthShift, \
        channelsMultiplier, channelsShift, kernelMultiplier, kernelShift }

#define DDM_CORRELATE(name, precision, rows, columns_) \
    extern "C" __global__ void DDM_TILE_BOUNDS(precision, rows, columns_) \
        convolution_correlate_##name##_##rows##x##columns_( \
        const float* image0, long long image0Member, const float* filter0, long long filter0Member, const float* image1, \
        long long image1Member, const float* filter1, \
        long long filter1Member, const float* bias, long long biasMember, float* output, int pixels, int outputs, int packedOutputs, \
        int stepsPerSource, int steps, int rowTiles, \
        int columnTiles, DDM_IMAGE_SHAPE) \
    { \
        const ddm::ImageShape shape = DDM_IMAGE_SHAPE_ARGUMENTS; \
        ddm::correlate<ddm::Tile<rows, columns_>, ddm::Precision::precision>( \
            shape, image0, image0Member, filter0, filter0Member, image1, image1Member, filter1, filter1Member, bias, biasMember, output, \
            pixels, outputs, packedOutputs, stepsPerSource, \
            steps, rowTiles, columnTiles); \
    }

#define DDM_BACKWARD_FILTER(name, precision, rows, columns_) \
    extern "C" __global__ void DDM_TILE_BOUNDS(precision, rows, columns_) \
        convolution_backward_filter_##name##_##rows##x##columns_( \
        const float* image0, long long image0Member, const float* cotangent0, long long cotangent0Member, const float* image1, \
        long long image1Member, const float* cotangent1, \
        long long cotangent1Member, float* partials, int pixels, int outputs, int packedOutputs, int stepsPerSource, int steps, \
        int splits, int rowTiles, int columnTiles, DDM_IMAGE_SHAPE) \
    { \
        const ddm::ImageShape shape = DDM_IMAGE_SHAPE_ARGUMENTS; \
        ddm::backward_filter<ddm::Tile<rows, columns_>, ddm::Precision::precision>( \
            shape, image0, image0Member, cotangent0, cotangent0Member, image1, image1Member, cotangent1, cotangent1Member, partials, \
            pixels, outputs, packedOutputs, stepsPerSource, \
            steps, splits, rowTiles, columnTiles); \
    }

// One module for each precision and tile, as listed in CMakeLists.txt: 128 x 128, 64 x 64, 128 x 32, 64 x 16. Gradients of parameters have
// square tiles.
DDM_INSTANTIATE(DDM_CORRELATE, DDM_PRECISION_NAME, DDM_PRECISION, DDM_ROWS, DDM_COLUMNS)
#if DDM_ROWS == DDM_COLUMNS
DDM_INSTANTIATE(DDM_BACKWARD_FILTER, DDM_PRECISION_NAME, DDM_PRECISION, DDM_ROWS, DDM_COLUMNS)
#endif
