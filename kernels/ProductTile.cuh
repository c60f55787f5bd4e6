// The core of every convolution and matrix product: one block computes one tile of C = A·B, with A [M, K] and B [K, N].
//
// Tiling: block tile BM × BN, contracted in steps of 16. A step's slabs of A and B are copied to shared memory by 16-byte cp.async through
// a ring of three stages, so that two steps are in flight while one is multiplied. Slabs:
//     A by rows     [BM][16], the four 16-byte chunks of row r in the order chunk ^ ((r / 2) mod 4): the same chunk of eight successive
// rows fills all 32 banks;
//     A by columns  [16][BM + 8], B [16][BN + 8]: a contraction index is a row. With the eight extra floats, the same eight floats of four
// successive rows fill all 32 banks.
// Warp tile: 4 × 8 threads (8 × 4 if the tile is narrow). Thread tile: 8 × 8 sums (8 × 4 in the narrowest), so that four contraction
// indices cost 16 16-byte loads
// and 256 multiply-adds. On the tensor cores the same warps hold 16 × 8 pieces for mma.sync.m16n8k8, from the same slabs without bank
// conflicts. A bias is copied to shared memory with the first step's slabs; results are stored 16 bytes at a time, 128 contiguous bytes of
// a row. Intensity of a step: 2·BM·BN·16 flops on 64·(BM + BN) bytes from global memory: 32 flops per byte for 128 × 128, 16 for 64 × 64.
// Target bound: multiply-adds.
// Order of summation: the contraction index ascends in every tile size; each member's tiles are independent of the other members.
#pragma once

#include "device.cuh"

namespace ddm {

__device__ constexpr int TileDepth = 16;
__device__ constexpr int Stages = 3;

extern __shared__ __attribute__((aligned(16))) float stages[];

enum class Precision { Fp32, Tf32, Tf32x3 };

// Division by a divisor that the launcher prepares: floor(p / d) for 0 ≤ p < 2³¹ by one multiplication (Granlund and Montgomery 1994).
__device__ __forceinline__ int quotient(int dividend, int multiplier, int shift)
{
    return static_cast<int>(
        (static_cast<unsigned long long>(static_cast<unsigned>(dividend)) * static_cast<unsigned>(multiplier)) >> shift);
}

template <int Rows, int Columns>
struct Tile {
    static constexpr int M = Rows;
    static constexpr int N = Columns;
    static constexpr int ThreadM = 8;
    static constexpr int ThreadN = Columns == 16 ? 4 : 8;
    static constexpr int ThreadsN = Columns / ThreadN;
    static constexpr int ThreadsM = Rows / ThreadM;
    static constexpr int Threads = ThreadsM * ThreadsN;
    static constexpr int LanesN = ThreadsN < 8 ? ThreadsN : 8;
    static constexpr int LanesM = WarpSize / LanesN;
    static constexpr int WarpsN = ThreadsN / LanesN;
    static constexpr int WarpsM = ThreadsM / LanesM;

    // Number of blocks that the registers of a multiprocessor must allow: 16 warps of the largest tile and 12 of the others, four and three
    // for each quarter, with 128 and 168 registers per thread; eight of the tile with the most pixels per thread, where three products need
    // registers, too. Shared memory allows about as many.
    static constexpr int blocks(Precision precision)
    {
        return Threads == 256 ? 2 : (Columns == 32 && precision == Precision::Tf32x3 ? 8 : 12) * WarpSize / Threads;
    }
};

// Floats between two contraction indices of a slab by columns. A row of 16 floats is half the banks: without padding, 16-byte accesses are
// free of conflicts.
template <int Width, Precision P>
struct ColumnSlab { static constexpr int Stride = Width == 16 && P == Precision::Fp32 ? 16 : Width + 8; };

template <class T, Precision P, bool AByRows>
struct Slabs {
    static constexpr int AStride = AByRows ? TileDepth : ColumnSlab<T::M, P>::Stride;
    static constexpr int AFloats = AByRows ? T::M * TileDepth : TileDepth * AStride;
    static constexpr int BStride = ColumnSlab<T::N, P>::Stride;
    static constexpr int Floats = AFloats + TileDepth * BStride;
};

// Reads the thread's index again: values that are computed from it after the main loop take no register within it.
__device__ __forceinline__ int thread_again()
{
    int thread;
    asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));
    return thread;
}

// The float at which chunk `chunk` of row `row` starts in a slab of A by rows. Slabs start at multiples of 16 floats, so chunk c of a row
// starts at the float of its chunk 0 ^ 4c.
__device__ __forceinline__ int row_chunk(int row, int chunk) { return row * TileDepth + ((chunk ^ (row >> 1 & 3)) << 2); }

// ---- results ----

// One member's matrix [rows, columns], assigned from a tile that starts at `firstRow`, `firstColumn`.
struct MatrixOutput {
    float* matrix;
    int rows, columns, firstRow, firstColumn;
};

// `Width` adjacent columns of a tile, assigned row by row; elements beyond the matrix's edges are skipped without a branch. Whole: columns
// are a multiple of `Width`.
template <int Width, bool Whole>
struct OutputColumns {
    unsigned long long address;
    long long rowBytes;
    int rowsLeft, columnsLeft;

    __device__ __forceinline__ OutputColumns(const MatrixOutput& output, int tileRow, int tileColumn)
    {
        int row = output.firstRow + tileRow, column = output.firstColumn + tileColumn;
        rowBytes = static_cast<long long>(sizeof(float)) * output.columns;
        address = global_address(output.matrix) + row * rowBytes + static_cast<long long>(sizeof(float)) * column;
        columnsLeft = output.columns - column;
        rowsLeft = row < output.rows && columnsLeft > 0 ? output.rows - row : 0;
    }

    // `down`: rows below the first.
    __device__ __forceinline__ void assign(int down, const float (&values)[Width]) const
    {
        unsigned long long place = address + down * rowBytes;
        if constexpr (Whole)
            store_within(place, values, down, rowsLeft);
        else {
#pragma unroll
            for (int w = 0; w < Width; w++)
                store_within(place + sizeof(float) * w, values[w], down, w < columnsLeft ? rowsLeft : 0);
        }
    }
};

// A tile's part of the bias is in shared memory after the ring: every row of threads needs it, and a slice of a parameter vector starts
// anywhere.
template <class T, class Layout>
struct BiasSlab {
    static constexpr int Begin = Stages * Layout::Floats;

    // Belongs to this thread's next group of copies. Columns beyond the bias are zero.
    static __device__ __forceinline__ void copy(const float* bias, int firstColumn, int columns)
    {
        int column = threadIdx.x;
        if (bias != nullptr && column < T::N)
            copy_async_4(shared_address(stages) + sizeof(float) * (Begin + column), bias + firstColumn + column,
                firstColumn + column < columns);
    }
};

// ---- float32 on the ordinary cores ----

template <class T, bool AByRows>
struct Fp32Product {
    using Layout = Slabs<T, Precision::Fp32, AByRows>;
    static constexpr int Halves = T::ThreadN / 4;
    float sum[T::ThreadM][T::ThreadN];
    int a, b;

    static __device__ __forceinline__ int thread_row(int thread)
    {
        return thread / WarpSize / T::WarpsN * T::LanesM + thread % WarpSize / T::LanesN;
    }

    static __device__ __forceinline__ int thread_column(int thread)
    {
        return thread / WarpSize % T::WarpsN * T::LanesN + thread % T::LanesN;
    }

    __device__ __forceinline__ Fp32Product()
    {
        a = AByRows ? row_chunk(thread_row(threadIdx.x), 0) : 4 * thread_row(threadIdx.x);
        b = Layout::AFloats + 4 * thread_column(threadIdx.x);
#pragma unroll
        for (int i = 0; i < T::ThreadM; i++)
#pragma unroll
            for (int j = 0; j < T::ThreadN; j++)
                sum[i][j] = 0.0f;
    }

    __device__ __forceinline__ void add(const float (&left)[T::ThreadM], const float* right)
    {
        float values[T::ThreadN];
#pragma unroll
        for (int half = 0; half < Halves; half++) {
            float4 four = load4(right + half * (T::N / 2));
            values[4 * half] = four.x;
            values[4 * half + 1] = four.y;
            values[4 * half + 2] = four.z;
            values[4 * half + 3] = four.w;
        }
#pragma unroll
        for (int i = 0; i < T::ThreadM; i++)
#pragma unroll
            for (int j = 0; j < T::ThreadN; j++)
                sum[i][j] = fma(left[i], values[j], sum[i][j]);
    }

    __device__ __forceinline__ void multiply(int stage)
    {
        const float* right = stages + (stage + b);
        if constexpr (AByRows) {
#pragma unroll
            for (int chunk = 0; chunk < 4; chunk++) {
                const float* left = stages + ((stage + a) ^ (4 * chunk));
                float rows[4][T::ThreadM];
#pragma unroll
                for (int i = 0; i < T::ThreadM; i++) {
                    float4 four = load4(left + i * T::ThreadsM * TileDepth);
                    rows[0][i] = four.x;
                    rows[1][i] = four.y;
                    rows[2][i] = four.z;
                    rows[3][i] = four.w;
                }
#pragma unroll
                for (int k = 0; k < 4; k++)
                    add(rows[k], right + (4 * chunk + k) * Layout::BStride);
            }
        } else {
            const float* left = stages + (stage + a);
#pragma unroll
            for (int k = 0; k < TileDepth; k++) {
                float4 low = load4(left + k * Layout::AStride), high = load4(left + k * Layout::AStride + T::M / 2);
                float values[T::ThreadM] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
                add(values, right + k * Layout::BStride);
            }
        }
    }

    // Adds to each column its float of shared memory.
    __device__ __forceinline__ void add_to_columns(const float* slab)
    {
#pragma unroll
        for (int half = 0; half < Halves; half++) {
            float4 four = load4(slab + 4 * thread_column(thread_again()) + half * (T::N / 2));
#pragma unroll
            for (int i = 0; i < T::ThreadM; i++) {
                sum[i][4 * half] += four.x;
                sum[i][4 * half + 1] += four.y;
                sum[i][4 * half + 2] += four.z;
                sum[i][4 * half + 3] += four.w;
            }
        }
    }

    static constexpr int Width = 4;

    template <bool Whole>
    __device__ __forceinline__ void store(const MatrixOutput& output) const
    {
        int row = thread_row(thread_again()), column = 4 * thread_column(thread_again());
#pragma unroll
        for (int half = 0; half < Halves; half++) {
            OutputColumns<Width, Whole> columns(output, AByRows ? row : 4 * row, column + half * (T::N / 2));
#pragma unroll
            for (int i = 0; i < T::ThreadM; i++) {
                float values[4] = {sum[i][4 * half], sum[i][4 * half + 1], sum[i][4 * half + 2], sum[i][4 * half + 3]};
                columns.assign(AByRows ? i * T::ThreadsM : i % 4 + i / 4 * (T::M / 2), values);
            }
        }
    }
};

// ---- TF32 on the tensor cores ----
//
// Tensor cores truncate when they add (Fasi, Higham, Mikaitis and Pranesh 2021), so a sum that stays in them loses up to one unit in the
// last place with each addition, always towards zero. Over tens of thousands of terms, that is no more than TF32's own rounding, but a
// thousand times the error that 3×TF32 aims at: its products leave the tensor cores after every eight terms and are summed by ordinary
// additions, which round. The first of them does not start from zeros, since zero would take a register.
//
// Tensor cores read the upper 19 bits of an operand and ignore the others, so rounding to nearest is adding half a unit there; the hardware
// has no instruction for cvt.rna.tf32, ptxas expands it to four.

// The upper 19 bits are the rounded value. A NaN is kept: an integer addition of the half would carry a NaN's ones into the sign.
__device__ __forceinline__ unsigned round_to_tf32(float value)
{
    return bits_of(fma(float_of(bits_of(value) & 0xff800000), 0x1p-11f, value));
}

__device__ __forceinline__ void multiply_add_16x8x8(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void multiply_16x8x8(float (&product)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"
        : "=f"(product[0]), "=f"(product[1]), "=f"(product[2]), "=f"(product[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(0.0f));
}

// An operand's fragment in the form that the tensor cores read. With three products per product, a value is split into its TF32 rounding
// and the rest, of which they read eleven bits: ab ≈ a₁b₁ + a₁b₂ + a₂b₁, with the error of 21 bits of mantissa. For a NaN, the rest is a
// NaN.
template <int Count, bool Split>
struct Fragment {
    unsigned high[Count];
    unsigned low[Split ? Count : 1];

    __device__ __forceinline__ void set(int at, float value)
    {
        if constexpr (Split) {
            high[at] = (bits_of(value) + 0x1000) & 0xffffe000;
            low[at] = bits_of(value - float_of(high[at]));
        } else
            high[at] = round_to_tf32(value);
    }
};

template <class T, Precision P, bool AByRows>
struct MatrixCoreProduct {
    using Layout = Slabs<T, P, AByRows>;
    static constexpr bool Split = P == Precision::Tf32x3;
    static constexpr int WarpM = T::M / T::WarpsM;
    static constexpr int WarpN = T::N / T::WarpsN;
    static constexpr int PiecesM = WarpM / 16;
    static constexpr int PiecesN = WarpN / 8;
    static constexpr int KUnroll = Split ? 1 : 2;
    float sum[PiecesM][PiecesN][4];
    int a, b;

    // The first row of a thread's sums, and the first column.
    static __device__ __forceinline__ int thread_row(int thread) { return thread / WarpSize / T::WarpsN * WarpM + thread % WarpSize / 4; }

    static __device__ __forceinline__ int thread_column(int thread) { return thread / WarpSize % T::WarpsN * WarpN + thread % 4 * 2; }

    __device__ __forceinline__ MatrixCoreProduct()
    {
        int row = thread_row(threadIdx.x), column = static_cast<int>(threadIdx.x) / WarpSize % T::WarpsN * WarpN;
        int group = threadIdx.x % WarpSize / 4, member = threadIdx.x % 4;
        a = AByRows ? row_chunk(row, 0) + member : member * Layout::AStride + row;
        b = Layout::AFloats + member * Layout::BStride + column + group;
#pragma unroll
        for (int m = 0; m < PiecesM; m++)
#pragma unroll
            for (int n = 0; n < PiecesN; n++)
#pragma unroll
                for (int i = 0; i < 4; i++)
                    sum[m][n][i] = 0.0f;
    }

    __device__ __forceinline__ void multiply(int stage)
    {
#pragma unroll KUnroll
        for (int k = 0; k < TileDepth; k += 8) {
            Fragment<4, Split> left[PiecesM];
#pragma unroll
            for (int m = 0; m < PiecesM; m++)
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    // Entries in order: (row, k), (row + 8, k), (row, k + 4), (row + 8, k + 4).
                    int down = m * 16 + i % 2 * 8;
                    const float* slab = AByRows ? stages + ((stage + a) ^ (k + i / 2 * 4)) + down * TileDepth
                                                : stages + (stage + a) + (k + i / 2 * 4) * Layout::AStride + down;
                    left[m].set(i, *slab);
                }
#pragma unroll
            for (int n = 0; n < PiecesN; n++) {
                // Otherwise ptxas loads most of B's fragments before the first product, and then has too few registers for the values that
                // the loader keeps.
                if constexpr (Split) {
                    if (n == 2)
                        sync_warp();
                }
                Fragment<2, Split> right;
                const float* slab = stages + (stage + b) + k * Layout::BStride + n * 8;
                right.set(0, slab[0]);
                right.set(1, slab[4 * Layout::BStride]);
#pragma unroll
                for (int m = 0; m < PiecesM; m++) {
                    if constexpr (Split) {
                        float product[4];
                        multiply_16x8x8(product, left[m].low, right.high);
                        multiply_add_16x8x8(product, left[m].high, right.low);
                        multiply_add_16x8x8(product, left[m].high, right.high);
#pragma unroll
                        for (int i = 0; i < 4; i++)
                            sum[m][n][i] += product[i];
                    } else
                        multiply_add_16x8x8(sum[m][n], left[m].high, right.high);
                }
            }
        }
    }

    __device__ __forceinline__ void add_to_columns(const float* slab)
    {
        int column = thread_column(thread_again());
#pragma unroll
        for (int n = 0; n < PiecesN; n++) {
            float left = slab[column + n * 8], right = slab[column + n * 8 + 1];
#pragma unroll
            for (int m = 0; m < PiecesM; m++) {
                sum[m][n][0] += left;
                sum[m][n][1] += right;
                sum[m][n][2] += left;
                sum[m][n][3] += right;
            }
        }
    }

    static constexpr int Width = 2;

    template <bool Whole>
    __device__ __forceinline__ void store(const MatrixOutput& output) const
    {
        int row = thread_row(thread_again()), column = thread_column(thread_again());
#pragma unroll
        for (int n = 0; n < PiecesN; n++) {
            OutputColumns<Width, Whole> columns(output, row, column + n * 8);
#pragma unroll
            for (int m = 0; m < PiecesM; m++)
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    float values[2] = {sum[m][n][2 * half], sum[m][n][2 * half + 1]};
                    columns.assign(m * 16 + half * 8, values);
                }
        }
    }
};

template <class T, Precision P, bool AByRows>
struct ProductOf { using Type = MatrixCoreProduct<T, P, AByRows>; };

template <class T, bool AByRows>
struct ProductOf<T, Precision::Fp32, AByRows> { using Type = Fp32Product<T, AByRows>; };

// ---- slabs of plain matrices in global memory ----

// A slab by columns from a matrix [depth, width] whose width is a multiple of four: B of a packed filter bank, or either operand of AᵀB.
template <class T, int Width, int Stride>
struct ColumnCopies {
    static constexpr int Chunks = Width / 4;
    static constexpr int Step = T::Threads / Chunks;
    static constexpr int Count = TileDepth / Step;
    unsigned destination;
    int row, offset, step;
    bool inside;

    // `first`: the column at which the slab starts; `slab`: the shared address of stage 0's slab.
    __device__ __forceinline__ ColumnCopies(unsigned slab, int first, int width)
    {
        int column = static_cast<int>(threadIdx.x) % Chunks * 4;
        row = threadIdx.x / Chunks;
        destination = slab + sizeof(float) * (row * Stride + column);
        inside = first + column < width;
        offset = row * width + first + column;
        step = Step * width;
    }

    // For a matrix with whole steps only.
    __device__ __forceinline__ void copy(unsigned stage, unsigned long long matrix, int start, int width) const
    {
        int from = offset + start * width;
#pragma unroll
        for (int i = 0; i < Count; i++)
            copy_async_global_16(destination + stage, i * Step * Stride * 4, matrix, from + i * step, inside);
    }

    // Rows `depth` onwards are zero.
    __device__ __forceinline__ void copy(unsigned stage, unsigned long long matrix, int start, int width, int depth) const
    {
        int from = offset + start * width;
#pragma unroll
        for (int i = 0; i < Count; i++)
            copy_async_global_16(destination + stage, i * Step * Stride * 4, matrix, from + i * step, inside
                && start + row + i * Step < depth);
    }
};

// A slab by rows from a matrix [height, width] whose width is a multiple of four.
template <class T>
struct RowCopies {
    static constexpr int Step = T::Threads / 4;
    static constexpr int Count = T::M / Step;
    unsigned destination;
    int row, column;

    __device__ __forceinline__ RowCopies(unsigned slab, int first)
    {
        int tileRow = threadIdx.x / 4, chunk = threadIdx.x % 4;
        destination = slab + sizeof(float) * row_chunk(tileRow, chunk);
        row = first + tileRow;
        column = 4 * chunk;
    }

    __device__ __forceinline__ void copy(unsigned stage, unsigned long long matrix, int start, int width, int height) const
    {
        int at = start + column;
        int from = row * width + at;
#pragma unroll
        for (int i = 0; i < Count; i++)
            copy_async_global_16(destination + stage, i * Step * TileDepth * 4, matrix, from + i * Step * width, at < width
                && row + i * Step < height);
    }
};

// ---- the pipeline ----

// Runs `steps` contraction steps: loader.copy(stage in bytes) starts the copies of the next step's slabs, product.multiply(stage in floats)
// consumes them.
template <int StageFloats, class Loader, class Product>
__device__ __forceinline__ void contract(Loader& loader, Product& product, int steps)
{
#pragma unroll
    for (int stage = 0; stage < Stages - 1; stage++) {
        if (stage < steps)
            loader.copy(stage * StageFloats * sizeof(float));
        commit_copies();
    }
    int read = 0, write = (Stages - 1) * StageFloats;
#pragma unroll 1
    for (int step = 0; step < steps; step++) {
        wait_copies<Stages - 2>();
        __syncthreads();
        if (step + Stages - 1 < steps)
            loader.copy(write * sizeof(float));
        commit_copies();
        write = write == (Stages - 1) * StageFloats ? 0 : write + StageFloats;
        product.multiply(read);
        read = read == (Stages - 1) * StageFloats ? 0 : read + StageFloats;
    }
}

// Assigns a tile's sums.
template <class Product>
__device__ __forceinline__ void assign(const Product& product, const MatrixOutput& output)
{
    if (output.columns % Product::Width == 0)
        product.template store<true>(output);
    else
        product.template store<false>(output);
}

} // namespace ddm

// The launch bounds of a kernel, from which the compiler chooses the number of registers.
#define DDM_TILE_BOUNDS(precision, rows, columns) \
    __launch_bounds__(ddm::Tile<rows, columns>::Threads, ddm::Tile<rows, columns>::blocks(ddm::Precision::precision))
