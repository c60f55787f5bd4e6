using ILGPU;

namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// The core of every convolution and matrix product: a group makes one tile of C = A·B, assigned (=), or one share of it.
/// </summary>
/// <remarks>
/// <para>Tiling: the tile is contracted in steps of 16. A step's slabs of A and B go to shared memory, [16][rows] and [16][columns], each
/// row of them 16 bytes longer than its floats, so that neighbouring contraction indices begin in other banks; there two 16-byte loads of
/// each feed a thread's 64 multiply–adds (<see cref="ThreadTile"/>).</para>
/// <para>ILGPU emits a multiplication and an addition for each, without rounding modifiers, which NVIDIA's compiler fuses. Bound aimed at:
/// multiply–adds; intensity 32 flops a byte for 128 × 128.</para>
/// <para>Order of summation: the contraction index ascends in every tile size; which tile is taken and how the contraction is cut depends
/// on one member's extents alone.</para>
/// </remarks>
internal static class ProductKernel
{
    /// <summary>Contraction indices of a step.</summary>
    public const int Depth = 16;

    public static void Multiply<TTile, TProduct>(TProduct product)
        where TTile : unmanaged, ITile
        where TProduct : struct, IProduct
    {
        TTile tile = default;
        int leftStride = tile.Rows / 4 + 1, rightStride = tile.Columns / 4 + 1;
        ArrayView<Four> leftSlab = SharedMemory.Allocate<Four>(Depth * (tile.Rows / 4 + 1));
        ArrayView<Four> rightSlab = SharedMemory.Allocate<Four>(Depth * (tile.Columns / 4 + 1));
        ArrayView<float> leftFloats = leftSlab.Cast<float>(), rightFloats = rightSlab.Cast<float>();

        ProductExtents extents = product.Extents;
        int threadsOfRow = tile.Columns / ThreadTile.Extent, threads = threadsOfRow * (tile.Rows / ThreadTile.Extent);
        int threadRow = Group.IdxX / threadsOfRow, threadColumn = Group.IdxX - threadRow * threadsOfRow;
        int group = Grid.IdxX;
        int firstColumn = group % extents.TileColumns * tile.Columns;
        group /= extents.TileColumns;
        int firstRow = group % extents.TileRows * tile.Rows;
        group /= extents.TileRows;
        int split = group % extents.Splits, member = extents.FirstMember + group / extents.Splits;

        int stepsOfSource = (extents.Depth + Depth - 1) / Depth;
        int step = split * extents.StepsOfSplit, end = IntrinsicMath.Min(step + extents.StepsOfSplit, stepsOfSource * extents.Sources);
        ThreadTile sums = default;
        for (; step < end; step++)
        {
            int source = step / stepsOfSource, start = (step - source * stepsOfSource) * Depth;
            FillLeft(product, extents, tile.Rows, threads, firstRow, start, product.Left(source, member), leftFloats, leftStride * 4);
            FillRight(product, extents, tile.Columns, threads, firstColumn, start, product.Right(source, member), rightFloats,
                rightStride * 4);
            Group.Barrier();
            for (int k = 0; k < Depth; k++)
            {
                int left = k * leftStride + threadRow, right = k * rightStride + threadColumn;
                sums = ThreadTile.Add(sums, leftSlab[left], leftSlab[left + tile.Rows / 8], rightSlab[right],
                    rightSlab[right + tile.Columns / 8]);
            }
            Group.Barrier();
        }

        ArrayView<float> result = extents.Result.View(member - extents.ResultMember).SubView(split * extents.SplitStride);
        ArrayView<float> bias = extents.Bias.View(extents.HasBias != 0 ? member : 0);
        int row = firstRow + 4 * threadRow, column = firstColumn + 4 * threadColumn;
        Store(product, extents, result, bias, row, column, sums.UpperLeft);
        Store(product, extents, result, bias, row, column + tile.Columns / 2, sums.UpperRight);
        Store(product, extents, result, bias, row + tile.Rows / 2, column, sums.LowerLeft);
        Store(product, extents, result, bias, row + tile.Rows / 2, column + tile.Columns / 2, sums.LowerRight);
    }

    /// <summary>Brings a step of A to shared memory: zeros beyond its rows and its depth.</summary>
    private static void FillLeft<TProduct>(
        TProduct product, ProductExtents extents, int rows, int threads, int firstRow, int start, ArrayView<float> values,
        ArrayView<float> slab, int stride)
        where TProduct : struct, IProduct
    {
        if (product.LeftRunsAlongDepth)
        {
            // On a GPU a thread keeps to one contraction index.
            int lanes = IntrinsicMath.Min(threads, Depth);
            for (int k = Group.IdxX % lanes; k < Depth; k += lanes)
            {
                Place depth = product.LeftDepth(start + k);
                bool exists = start + k < extents.Depth;
                for (int r = Group.IdxX / lanes; r < rows; r += threads / lanes)
                {
                    float value = 0;
                    if (exists & firstRow + r < extents.Rows)
                        value = values[depth.Offset + product.LeftRow(firstRow + r).Offset];
                    slab[k * stride + r] = value;
                }
            }
        }
        else
        {
            for (int i = Group.IdxX; i < rows * Depth; i += threads)
            {
                int k = i / rows, r = i - k * rows;
                float value = 0;
                if (start + k < extents.Depth & firstRow + r < extents.Rows)
                    value = values[product.LeftDepth(start + k).Offset + product.LeftRow(firstRow + r).Offset];
                slab[k * stride + r] = value;
            }
        }
    }

    /// <summary>Brings a step of B to shared memory: zeros beyond its columns, its depth and, where it is an image, its border.</summary>
    private static void FillRight<TProduct>(
        TProduct product, ProductExtents extents, int columns, int threads, int firstColumn, int start, ArrayView<float> values,
        ArrayView<float> slab, int stride)
        where TProduct : struct, IProduct
    {
        if (product.RightRunsAlongDepth)
        {
            int lanes = IntrinsicMath.Min(threads, Depth);
            for (int k = Group.IdxX % lanes; k < Depth; k += lanes)
            {
                Place depth = product.RightDepth(start + k);
                bool exists = start + k < extents.Depth;
                for (int c = Group.IdxX / lanes; c < columns; c += threads / lanes)
                    slab[k * stride + c] = Element(values, extents, depth, product.RightColumn(firstColumn + c),
                        exists & firstColumn + c < extents.Columns);
            }
        }
        else
        {
            // A thread keeps to one column, or where the tile has more columns than threads to few.
            for (int c = Group.IdxX % columns; c < columns; c += threads)
            {
                Place column = product.RightColumn(firstColumn + c);
                bool exists = firstColumn + c < extents.Columns;
                for (int k = Group.IdxX / columns; k < Depth; k += IntrinsicMath.Max(threads / columns, 1))
                    slab[k * stride + c] = Element(values, extents, product.RightDepth(start + k), column,
                        exists & start + k < extents.Depth);
            }
        }
    }

    private static float Element(ArrayView<float> values, ProductExtents extents, Place depth, Place column, bool exists)
    {
        int y = depth.Y + column.Y, x = depth.X + column.X;
        float value = 0;
        if (exists & (uint)y < (uint)extents.Height & (uint)x < (uint)extents.Width)
            value = values[depth.Offset + column.Offset];
        return value;
    }

    private static void Store<TProduct>(TProduct product, ProductExtents extents, ArrayView<float> result, ArrayView<float> bias, int row,
        int column, Quarter sums)
        where TProduct : struct, IProduct
    {
        StoreColumn(product, extents, result, bias, row, column, new Four(sums.Row0.X, sums.Row1.X, sums.Row2.X, sums.Row3.X));
        StoreColumn(product, extents, result, bias, row, column + 1, new Four(sums.Row0.Y, sums.Row1.Y, sums.Row2.Y, sums.Row3.Y));
        StoreColumn(product, extents, result, bias, row, column + 2, new Four(sums.Row0.Z, sums.Row1.Z, sums.Row2.Z, sums.Row3.Z));
        StoreColumn(product, extents, result, bias, row, column + 3, new Four(sums.Row0.W, sums.Row1.W, sums.Row2.W, sums.Row3.W));
    }

    private static void StoreColumn<TProduct>(TProduct product, ProductExtents extents, ArrayView<float> result, ArrayView<float> bias,
        int row, int column, Four sums)
        where TProduct : struct, IProduct
    {
        if (column >= extents.Columns)
            return;
        int at = product.ResultColumn(column) + row * extents.ResultRow;
        StoreOne(extents, result, bias, row, at, sums.X);
        StoreOne(extents, result, bias, row + 1, at + extents.ResultRow, sums.Y);
        StoreOne(extents, result, bias, row + 2, at + 2 * extents.ResultRow, sums.Z);
        StoreOne(extents, result, bias, row + 3, at + 3 * extents.ResultRow, sums.W);
    }

    private static void StoreOne(ProductExtents extents, ArrayView<float> result, ArrayView<float> bias, int row, int at, float sum)
    {
        if (row >= extents.Rows)
            return;
        if (extents.HasBias != 0)
            sum += bias[row];
        result[at] = sum;
    }
}
