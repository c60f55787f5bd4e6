// The linear layer's matrix products, their cotangents, and the tangents of both (docs/mathematics.md, "Convolution and linear").
//
//     forward          y  = xWᵀ + b  (NT)           forward tangent   ẏ  = ẋWᵀ + xẆᵀ + ḃ
//     backward data    δx = δW       (NN)           its tangent       δẋ = δ̇W + δẆ
//     backward weight  δW = δᵀx      (TN)           its tangent       δẆ = δ̇ᵀx + δᵀẋ
//
// Shapes: x [E, N, I], δ [E, N, O], W [E, O, I] within a longer vector; every operand that is read is passed with its number of floats
// between members (0: shared). Widths of x and δ are multiples of four (ensured by product_pad_rows).
// matrix_product_rows computes the first two lines: C [M, columns] = Σ over sources of A [M, K] · B [K, columns], with B packed by
// ProductOperands.cu: transposed for NT, row by row for NN, because W starts anywhere in its vector and 16-byte copies need it aligned. A
// tangent doubles the contraction.
// matrix_product_backward_weight computes the third: C = Σ AᵀB over the samples, which are divided among `splits` blocks (split-K); each
// assigns its share to partials [E, splits, O, I], which product_sum_splits adds in order. No atomics.
// Memory: results are assigned (=); A and C are read and written once per column tile, W once packed and once per row tile.
// Tiling, pipeline and intensity: ProductTile.cuh. Target bound: multiply-adds for many samples, memory bandwidth (W is read once) for few.
#include "ProductTile.cuh"

namespace ddm {

struct MatrixSource {
    unsigned long long left, right;
};

__device__ __forceinline__ MatrixSource matrix_source(const float* left, long long leftMember, const float* right, long long rightMember,
    int member)
{
    MatrixSource source;
    source.left = global_address(left + leftMember * member);
    source.right = global_address(right + rightMember * member);
    return source;
}

template <class T, class Layout>
struct RowsLoader {
    RowCopies<T> left;
    ColumnCopies<T, T::N, Layout::BStride> right;
    MatrixSource current, next;
    int start, stepsToNext, rows, depth, columns;

    __device__ __forceinline__ RowsLoader(MatrixSource first, MatrixSource second, int firstRow, int rows, int depth, int firstColumn,
        int columns, int stepsPerSource)
        : left(shared_address(stages), firstRow), right(shared_address(stages) + sizeof(float) * Layout::AFloats, firstColumn, columns),
            current(first), next(second), start(0),
          stepsToNext(stepsPerSource), rows(rows), depth(depth), columns(columns)
    {
    }

    __device__ __forceinline__ void copy(unsigned stage)
    {
        left.copy(stage, current.left, start, depth, rows);
        right.copy(stage, current.right, start, columns);
        start += TileDepth;
        stepsToNext--;
        if (stepsToNext == 0) {
            current = next;
            start = 0;
        }
    }
};

template <class T, class Layout>
struct ColumnsLoader {
    ColumnCopies<T, T::M, Layout::AStride> left;
    ColumnCopies<T, T::N, Layout::BStride> right;
    MatrixSource current, next;
    int start, stepsToNext, depth, rows, columns;

    __device__ __forceinline__ ColumnsLoader(
        MatrixSource first, MatrixSource second, int firstRow, int rows, int firstColumn, int columns, int depth, int firstStep,
        int stepsPerSource)
        : left(shared_address(stages), firstRow, rows),
            right(shared_address(stages) + sizeof(float) * Layout::AFloats, firstColumn, columns), depth(depth), rows(rows),
          columns(columns)
    {
        bool inSecond = firstStep >= stepsPerSource;
        current = inSecond ? second : first;
        next = second;
        start = (inSecond ? firstStep - stepsPerSource : firstStep) * TileDepth;
        stepsToNext = inSecond ? 0x7fffffff : stepsPerSource - firstStep;
    }

    __device__ __forceinline__ void copy(unsigned stage)
    {
        left.copy(stage, current.left, start, rows, depth);
        right.copy(stage, current.right, start, columns, depth);
        start += TileDepth;
        stepsToNext--;
        if (stepsToNext == 0) {
            current = next;
            start = 0;
        }
    }
};

template <class T, Precision P>
__device__ __forceinline__ void multiply_rows(
    MatrixSource first, MatrixSource second, const float* bias, float* output, int rows, int depth, int outputs, int packedOutputs,
    int stepsPerSource, int steps, int firstRow,
    int firstColumn)
{
    using Layout = Slabs<T, P, true>;
    RowsLoader<T, Layout> loader(first, second, firstRow, rows, depth, firstColumn, packedOutputs, stepsPerSource);
    using Bias = BiasSlab<T, Layout>;
    Bias::copy(bias, firstColumn, outputs);
    typename ProductOf<T, P, true>::Type product;
    contract<Layout::Floats>(loader, product, steps);
    if (bias != nullptr)
        product.add_to_columns(stages + Bias::Begin);
    MatrixOutput result;
    result.matrix = output;
    result.rows = rows;
    result.columns = outputs;
    result.firstRow = firstRow;
    result.firstColumn = firstColumn;
    assign(product, result);
}

template <class T, Precision P>
__device__ __forceinline__ void multiply_columns(
    MatrixSource first, MatrixSource second, float* output, int samples, int outputs, int packedOutputs, int inputs, int stepsPerSource,
    int firstStep, int endStep, int firstRow,
    int firstColumn)
{
    using Layout = Slabs<T, P, false>;
    ColumnsLoader<T, Layout> loader(first, second, firstRow, packedOutputs, firstColumn, inputs, samples, firstStep, stepsPerSource);
    typename ProductOf<T, P, false>::Type product;
    contract<Layout::Floats>(loader, product, endStep - firstStep);
    MatrixOutput result;
    result.matrix = output;
    result.rows = outputs;
    result.columns = inputs;
    result.firstRow = firstRow;
    result.firstColumn = firstColumn;
    assign(product, result);
}

} // namespace ddm

#define DDM_MATRIX_ROWS(name, precision, tileRows, tileColumns) \
    extern "C" __global__ void DDM_TILE_BOUNDS(precision, tileRows, tileColumns) \
        matrix_product_rows_##name##_##tileRows##x##tileColumns( \
        const float* left0, long long left0Member, const float* right0, long long right0Member, const float* left1, long long left1Member, \
        const float* right1, \
        long long right1Member, const float* bias, long long biasMember, float* output, int rows, int outputs, int packedOutputs, \
        int stepsPerSource, int steps, int rowTiles, \
        int columnTiles, int depth) \
    { \
        int tile = blockIdx.x % rowTiles, rest = blockIdx.x / rowTiles, member = rest / columnTiles; \
        ddm::multiply_rows<ddm::Tile<tileRows, tileColumns>, ddm::Precision::precision>( \
            ddm::matrix_source(left0, left0Member, right0, right0Member, member), \
            ddm::matrix_source(left1, left1Member, right1, right1Member, member), \
            bias == nullptr \
            ? nullptr : bias + biasMember * member, output + static_cast<long long>(member) * rows * outputs, rows, depth, outputs, \
            packedOutputs, stepsPerSource, steps, \
            tile * tileRows, rest % columnTiles * tileColumns); \
    }

#define DDM_MATRIX_COLUMNS(name, precision, tileRows, tileColumns) \
    extern "C" __global__ void DDM_TILE_BOUNDS(precision, tileRows, tileColumns) \
        matrix_product_backward_weight_##name##_##tileRows##x##tileColumns( \
        const float* right0, long long right0Member, const float* left0, long long left0Member, const float* right1, \
        long long right1Member, const float* left1, \
        long long left1Member, float* partials, int samples, int outputs, int packedOutputs, int stepsPerSource, int steps, int splits, \
        int rowTiles, int columnTiles, int inputs) \
    { \
        int tile = blockIdx.x % rowTiles, rest = blockIdx.x / rowTiles; \
        int part = rest / columnTiles, split = part % splits, member = part / splits; \
        int firstStep = static_cast<int>(static_cast<long long>(steps) * split / splits), \
        endStep = static_cast<int>(static_cast<long long>(steps) * (split + 1) / splits); \
        ddm::multiply_columns<ddm::Tile<tileRows, tileColumns>, ddm::Precision::precision>( \
            ddm::matrix_source(left0, left0Member, right0, right0Member, member), \
            ddm::matrix_source(left1, left1Member, right1, right1Member, member), \
            partials + static_cast<long long>(part) * outputs * inputs, samples, outputs, packedOutputs, inputs, stepsPerSource, \
            firstStep, endStep, tile * tileRows, \
            rest % columnTiles * tileColumns); \
    }

// One module for each precision and tile, as listed in CMakeLists.txt: 128 x 128, 64 x 64, 64 x 16. Gradients of parameters have square
// tiles.
DDM_INSTANTIATE(DDM_MATRIX_ROWS, DDM_PRECISION_NAME, DDM_PRECISION, DDM_ROWS, DDM_COLUMNS)
#if DDM_ROWS == DDM_COLUMNS
DDM_INSTANTIATE(DDM_MATRIX_COLUMNS, DDM_PRECISION_NAME, DDM_PRECISION, DDM_ROWS, DDM_COLUMNS)
#endif
