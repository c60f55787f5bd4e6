namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>Chooses the tile of a product and how its contraction is split, by the extents of one member, and launches it.</summary>
internal sealed class ProductLauncher(IlgpuDevice device)
{
    /// <summary>Shares of a contraction, at most, and the fewest steps that are worth a share.</summary>
    private const int MostSplits = 32;
    private const int FewestSteps = 64;

    /// <summary>Scratch memory for shares, in floats: members beyond it run in a further launch, with the same bits.</summary>
    private const long MostScratch = 1L << 26;

    /// <summary>Launches a product into a result of its own.</summary>
    public void Run<TProduct>(ProductExtents extents, int members, Func<Plans.IOperandMemory, ProductExtents, TProduct> product)
        where TProduct : struct, IProduct
        => Launch(Cut(extents, splits: 1), members, product);

    /// <summary>
    /// Launches a product whose contraction is long and whose result is small and dense, split where that gives more groups, and adds the
    /// shares up in order.
    /// </summary>
    public void RunSplit<TProduct>(ProductExtents extents, int members, Slice result,
        Func<Plans.IOperandMemory, ProductExtents, TProduct> product)
        where TProduct : struct, IProduct
    {
        int steps = Steps(extents);
        int splits = Math.Clamp(steps / FewestSteps, 1, MostSplits);
        ProductExtents cut = Cut(extents, splits);
        if (cut.Splits == 1)
        {
            Launch(cut, members, (memory, of) => product(memory, of with { Result = memory.Operand(result) }));
            return;
        }
        int length = extents.Rows * extents.Columns;
        int wave = (int)Math.Clamp(MostScratch / ((long)length * cut.Splits), 1, members);
        for (int first = 0; first < members; first += wave)
        {
            int count = Math.Min(wave, members - first);
            (int from, ProductExtents of) = (first, cut with { FirstMember = first, SplitStride = length });
            using Tensor shares = device.AllocateTransient(new TensorShape(count, cut.Splits, length));
            Launch(of, count, (memory, these) =>
            {
                Operand scratch = memory.Operand(shares);
                // Members are counted from the wave's first one in the scratch memory, from the ensemble's in the operands.
                return product(memory, these with { Result = new Operand(scratch.Data, (long)cut.Splits * length), ResultMember = from });
            });
            (MemberGrid grid, int groups) = MemberGrid.Create(device, count, length);
            device.Launch<SumArguments>(SumShares, groups, device.Threads, memory => new()
            {
                Grid = grid, FirstMember = from, Shares = cut.Splits, Length = length,
                Scratch = new Operand(memory.Operand(shares).Data, (long)cut.Splits * length), Result = memory.Operand(result),
            });
        }
    }

    internal static void SumShares(SumArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var scratch, var result) = (arguments.Scratch.View(member), arguments.Result.View(arguments.FirstMember + member));
        for (int i = arguments.Grid.First; i < arguments.Length; i += arguments.Grid.Step)
        {
            float sum = 0;
            for (int share = 0; share < arguments.Shares; share++)
                sum += scratch[share * arguments.Length + i];
            result[i] = sum;
        }
    }

    private static int Steps(ProductExtents extents) => extents.Sources * ((extents.Depth + ProductKernel.Depth - 1) / ProductKernel.Depth);

    private static ProductExtents Cut(ProductExtents extents, int splits)
    {
        // A product without a contraction is one share, of zeros.
        int steps = Math.Max(1, Steps(extents)), stepsOfSplit = (steps + splits - 1) / splits;
        return extents with { StepsOfSplit = stepsOfSplit, Splits = (steps + stepsOfSplit - 1) / stepsOfSplit };
    }

    private void Launch<TProduct>(ProductExtents extents, int members, Func<Plans.IOperandMemory, ProductExtents, TProduct> product)
        where TProduct : struct, IProduct
    {
        if (device.IsCpu)
            Launch<SmallTile, TProduct>(extents, members, product);
        else if (extents.Rows <= 16)
            Launch<NarrowTile, TProduct>(extents, members, product);
        else if (extents.Rows <= 64 || extents.Columns <= 64)
            Launch<MediumTile, TProduct>(extents, members, product);
        else
            Launch<WideTile, TProduct>(extents, members, product);
    }

    private void Launch<TTile, TProduct>(ProductExtents extents, int members, Func<Plans.IOperandMemory, ProductExtents, TProduct> product)
        where TTile : unmanaged, ITile
        where TProduct : struct, IProduct
    {
        TTile tile = default;
        ProductExtents tiled = extents with
        {
            TileRows = (extents.Rows + tile.Rows - 1) / tile.Rows, TileColumns = (extents.Columns + tile.Columns - 1) / tile.Columns,
        };
        int groups = checked(members * tiled.Splits * tiled.TileRows * tiled.TileColumns);
        int threads = tile.Rows / ThreadTile.Extent * (tile.Columns / ThreadTile.Extent);
        device.Launch<TProduct>(ProductKernel.Multiply<TTile, TProduct>, groups, threads, memory => product(memory, tiled));
    }

    internal struct SumArguments
    {
        public MemberGrid Grid;
        public int FirstMember;
        public int Shares;
        public int Length;
        public Operand Scratch;
        public Operand Result;
    }
}
