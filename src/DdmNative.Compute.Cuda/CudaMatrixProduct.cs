using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cuda.Products;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// The linear layer's matrix products (kernels/MatrixProduct.cu): NT and NN on packed weights, TN split over the samples.
/// </summary>
internal sealed class CudaMatrixProduct(CudaDevice device) : MatrixProduct
{
    protected override void ForwardCore(Tensor x, Slice weight, Slice? bias, Tensor y) => MultiplyTransposed([(x, weight)], bias, y);

    protected override void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice? biasTangent,
        Tensor yTangent)
        => MultiplyTransposed(xTangent is null ? [(x, weightTangent)] : [(x, weightTangent), (xTangent, weight)], biasTangent, yTangent);

    protected override void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent)
        => Multiply([(cotangent, weight)], xCotangent);

    protected override void BackwardDataTangentCore(Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent,
        Tensor xCotangentTangent)
        => Multiply([(cotangent, weightTangent), (cotangentTangent, weight)], xCotangentTangent);

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice? biasCotangent)
        => SumWeightGradient([(x, cotangent)], cotangent, weightCotangent, biasCotangent);

    protected override void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice? biasCotangentTangent)
        => SumWeightGradient(
            xTangent is null ? [(x, cotangentTangent)]
            : [(x, cotangentTangent), (xTangent, cotangent)], cotangentTangent, weightCotangentTangent, biasCotangentTangent);

    /// <summary>Output = Σ A·Wᵀ, and the bias if there is one.</summary>
    private void MultiplyTransposed((Tensor Rows, Slice Weight)[] sources, Slice? bias, Tensor output)
    {
        using var operands = new ProductOperands(device, "matrix product, forward");
        (int inputs, int outputs) = (sources[0].Rows.Shape.Channels, output.Shape.Channels);
        MultiplyRows(
            [.. sources.Select(source => (operands.PaddedRows(source.Rows, "the inputs"),
                operands.Transposed(source.Weight, outputs, inputs, 1)))],
            inputs, bias is Slice slice ? DeviceMatrix.From(slice) : default, output);
    }

    /// <summary>Output = Σ A·W.</summary>
    private void Multiply((Tensor Rows, Slice Weight)[] sources, Tensor output)
    {
        using var operands = new ProductOperands(device, "matrix product, backward to its inputs");
        (int depth, int columns) = (sources[0].Rows.Shape.Channels, output.Shape.Channels);
        MultiplyRows(
            [.. sources.Select(source => (operands.PaddedRows(source.Rows, "the cotangents"),
                operands.Turned(source.Weight, depth, columns, 1)))],
            depth, default, output);
    }

    private void MultiplyRows((DeviceMatrix Rows, DeviceMatrix Packed)[] sources, int depth, DeviceMatrix bias, Tensor output)
    {
        TensorShape shape = output.Shape;
        (int members, int rows, int columns, int paddedDepth) = (shape.Members, shape.Samples, shape.Channels, ProductTile.Padded(depth));
        // Members that share the matrices are the rows of one member: their tiles are full, and fewer tiles read each column.
        bool areOneBatch = bias.MemberStride == 0 && Array.TrueForAll(sources,
            source => source.Packed.MemberStride == 0 && source.Rows.MemberStride == (long)rows * paddedDepth);
        if (areOneBatch && (long)members * rows * Math.Max(paddedDepth, columns) <= KernelLimits.MostFloats)
            (members, rows) = (1, members * rows);
        var contraction = new Contraction(sources, ProductTile.Ceiling(paddedDepth, ProductTile.Depth));
        ProductTile tile = ProductTile.ForSamples(rows, columns);
        (int rowTiles, int columnTiles) = (tile.RowTiles(rows), tile.ColumnTiles(columns));
        device.Launch(
            new KernelLaunch(
                $"matrix_product_rows_{tile.Suffix(device.Precision)}", new Dim3(checked(rowTiles * columnTiles * members)),
                new Dim3(tile.Threads),
                tile.SharedBytesByRows(device.Precision)),
            contraction.Arguments().Pointer(bias.Address).Long(bias.MemberStride).Pointer(DeviceMatrix.From(output).Address)
                .Int(rows).Int(columns).Int(ProductTile.Padded(columns)).Int(contraction.StepsPerSource).Int(contraction.Steps)
                    .Int(rowTiles).Int(columnTiles).Int(paddedDepth));
    }

    private void SumWeightGradient((Tensor Rows, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice weightResult, Slice? biasResult)
    {
        using var operands = new ProductOperands(device, "matrix product, backward to its weights");
        (int samples, int inputs, int outputs) = (biasCotangent.Shape.Samples, sources[0].Rows.Shape.Channels,
            biasCotangent.Shape.Channels);
        (int packedInputs, int packedOutputs) = (ProductTile.Padded(inputs), ProductTile.Padded(outputs));
        var contraction = new Contraction(
            [.. sources.Select(source => (operands.PaddedRows(source.Rows, "the inputs"),
                operands.PaddedRows(source.Cotangent, "the cotangents")))],
            ProductTile.Ceiling(samples, ProductTile.Depth));
        ProductTile tile = ProductTile.ForParameters(outputs, packedInputs);
        (int rowTiles, int columnTiles) = (tile.RowTiles(outputs), tile.ColumnTiles(packedInputs));
        var waves = new SplitWaves(contraction.Steps, (long)outputs * packedInputs, weightResult.Vector.Shape.Members);
        DeviceMatrix shares = operands.Scratch(waves.MembersAtATime, waves.MemberFloats), result = DeviceMatrix.From(weightResult);
        foreach ((int first, int members) in waves.Waves)
        {
            device.Launch(
                new KernelLaunch(
                    $"matrix_product_backward_weight_{tile.Suffix(device.Precision)}",
                    new Dim3(checked(rowTiles * columnTiles * waves.Splits * members)), new Dim3(tile.Threads),
                    tile.SharedBytesByColumns(device.Precision)),
                contraction.From(first).Arguments().Pointer(shares.Address)
                    .Int(samples).Int(outputs).Int(packedOutputs).Int(contraction.StepsPerSource).Int(contraction.Steps).Int(waves.Splits)
                        .Int(rowTiles).Int(columnTiles).Int(packedInputs));
            operands.SumSplits(shares, waves.Splits, result.From(first), members, outputs, inputs, packedInputs, 1);
        }
        if (biasResult is Slice bias)
            operands.SumColumns(biasCotangent, bias);
    }
}
