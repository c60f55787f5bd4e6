using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    /// <summary>A small convolution block and head as blocks of the distances: filter, bias, scale, shift, matrix, bias.</summary>
    private static readonly ParameterBlock[] NetworkBlocks =
        [new(0, 7, 27, true), new(189, 7, 1, false), new(196, 7, 1, false), new(203, 7, 1, false), new(210, 5, 63, true),
        new(525, 5, 1, false)];

    private const int NetworkParameters = 530;

    public static TheoryData<GradientDistanceKind, int, int> Distances
    {
        get
        {
            var data = new TheoryData<GradientDistanceKind, int, int>();
            foreach (GradientDistanceKind kind in Enum.GetValues<GradientDistanceKind>())
            {
                data.Add(kind, 1, 0);
                for (int shared = 0; shared < 4; shared++)
                    data.Add(kind, 3, shared);
            }
            return data;
        }
    }

    [ConformanceTheory(UsesProducts = false)]
    [MemberData(nameof(Distances))]
    public void Gradient_distance_and_its_cotangent_match_the_reference(GradientDistanceKind kind, int members, int shared)
    {
        using Workbench bench = Open(new ImageCase(1, NetworkParameters, 1, 1, members, shared, 20));
        (Operand gradient, Operand target) = (bench.Input(TensorShape.Vector(1, NetworkParameters)),
            bench.Input(TensorShape.Vector(1, NetworkParameters)));
        ExpectDistance(bench, kind, NetworkBlocks, gradient, target);
    }

    [ConformanceTheory(UsesProducts = false)]
    [MemberData(nameof(Distances))]
    public void Gradient_distance_over_random_blocks_matches_the_reference(GradientDistanceKind kind, int members, int shared)
    {
        for (int draw = 0; draw < 10; draw++)
        {
            var random = new RandomValues(500 + draw);
            List<ParameterBlock> blocks = [];
            int end = 0;
            for (int i = 0; i <= draw; i++)
            {
                var block = new ParameterBlock(end, 1 + random.Below(40), 2 + random.Below(300), i == 0 || random.Below(2) == 1);
                end += block.Rows * block.RowLength;
                blocks.Add(block);
            }
            using Workbench bench = Open(new ImageCase(1, end, 1, 1, members, shared, 500 + draw));
            ExpectDistance(bench, kind, blocks, bench.Input(TensorShape.Vector(1, end)), bench.Input(TensorShape.Vector(1, end)));
        }
    }

    /// <summary>
    /// The first, the last and some parameters between belong to no block: neither what they hold nor their number matters, and their
    /// cotangent is zero.
    /// </summary>
    [ConformanceTheory(UsesProducts = false)]
    [MemberData(nameof(Distances))]
    public void Parameters_outside_the_blocks_do_not_count(GradientDistanceKind kind, int members, int shared)
    {
        int[] gaps = [3, 0, 20, 0, 4500, 1];
        ParameterBlock[] blocks = new ParameterBlock[NetworkBlocks.Length];
        int end = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = NetworkBlocks[i] with { Offset = end + gaps[i] };
            end = blocks[i].Offset + blocks[i].Length;
        }
        foreach (int length in (int[])[end, end + 1, end + 2100])
        {
            using Workbench bench = Open(new ImageCase(1, length, 1, 1, members, 0, 23));
            (Operand gradient, Operand target) = (Holed(shared & 1), Holed(shared & 2));
            (_, Operand cotangent) = ExpectDistance(bench, kind, blocks, gradient, target);
            float[] found = cotangent.Tensor.ToArray();
            foreach (int parameter in Enumerable.Range(0, length).Except(blocks.SelectMany(Parameters)))
                for (int e = 0; e < members; e++)
                    Assert.Equal(0f, found[e * length + parameter]);

            Operand Holed(int isShared)
            {
                DoubleTensor values = bench.Random.Vector(isShared == 0 ? members : 1, length);
                for (int e = 0; e < values.Shape.Members; e++)
                    foreach (int parameter in Enumerable.Range(0, length).Except(blocks.SelectMany(Parameters)))
                        values[e, 0, parameter] = double.NaN;
                return bench.Input(values);
            }
        }

        static IEnumerable<int> Parameters(ParameterBlock block) => Enumerable.Range(block.Offset, block.Length);
    }

    /// <summary>
    /// Rows 1 and 3 of the filter have no target, rows 2 and 3 no gradient; the bias has no target: each counts one, without a cotangent.
    /// </summary>
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(GradientDistanceKind.Relative)]
    [InlineData(GradientDistanceKind.RelativePerLayer)]
    [InlineData(GradientDistanceKind.RowCosine)]
    public void Zero_rows_and_blocks_count_one_and_pass_no_cotangent(GradientDistanceKind kind)
    {
        using Workbench bench = Open(new ImageCase(1, NetworkParameters, 1, 1, 2, 0, 21));
        DoubleTensor gradientValues = bench.Random.Vector(2, NetworkParameters);
        DoubleTensor targetValues = bench.Random.Vector(2, NetworkParameters);
        Array.Clear(targetValues.Values, 27, 27);
        Array.Clear(targetValues.Values, 81, 27);
        Array.Clear(gradientValues.Values, 54, 54);
        Array.Clear(targetValues.Values, 189, 7);
        (Operand gradient, Operand target) = (bench.Input(gradientValues), bench.Input(targetValues));
        ExpectDistance(bench, kind, NetworkBlocks, gradient, target);
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(GradientDistanceKind.Relative, 1)]
    [InlineData(GradientDistanceKind.RelativePerLayer, 6)]
    [InlineData(GradientDistanceKind.RowCosine, 12)]
    public void Distance_to_a_target_of_zeros_is_one_per_term_without_cotangent(GradientDistanceKind kind, int terms)
    {
        using Workbench bench = Open(new ImageCase(1, NetworkParameters, 1, 1, 2, 0, 22));
        (Operand gradient, Operand target) = (bench.Input(TensorShape.Vector(1, NetworkParameters)),
            bench.Input(new DoubleTensor(TensorShape.Vector(2, NetworkParameters))));
        (Operand distance, _) = ExpectDistance(bench, kind, NetworkBlocks, gradient, target);
        Assert.Equal([terms, terms], distance.Tensor.ToArray());
    }

    private static (Operand Distance, Operand Cotangent) ExpectDistance(
        Workbench bench, GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, Operand gradient, Operand target)
    {
        (Operand distance, Operand cotangent) = (bench.Output(TensorShape.Vector(1, 1)), bench.Output(gradient.Values.Shape));
        bench.Run(() => bench.Device.GradientDistance.Evaluate(kind, blocks, gradient.Tensor, target.Tensor, distance.Tensor,
            cotangent.Tensor));
        (DoubleTensor expected, DoubleTensor expectedCotangent) =
            ReferenceGradientDistance.Evaluate(bench.Members, kind, blocks, gradient.Values, target.Values);
        bench.Expect(distance, expected, Tolerance);
        bench.Expect(cotangent, expectedCotangent, Tolerance);
        return (distance, cotangent);
    }
}
