namespace DdmNative.Compute.Cuda.Products;

/// <summary>One product, or the sum of two products for a tangent: the operands, and the number of steps.</summary>
/// <param name="Sources">One pair of operands or two.</param>
/// <param name="StepsPerSource">Steps of <see cref="ProductTile.Depth"/> contraction indices for each.</param>
internal sealed record Contraction((DeviceMatrix First, DeviceMatrix Second)[] Sources, int StepsPerSource)
{
    public int Steps => checked(Sources.Length * StepsPerSource);

    /// <summary>The same without its first <paramref name="members"/> members.</summary>
    public Contraction From(int members)
        => this with { Sources = [.. Sources.Select(source => (source.First.From(members), source.Second.From(members)))] };

    /// <summary>The kernel's first arguments. With one source, it also takes the second's place and is not read there.</summary>
    public KernelArguments Arguments()
    {
        var arguments = new KernelArguments();
        foreach ((DeviceMatrix first, DeviceMatrix second) in new[] { Sources[0], Sources[^1] })
            arguments.Pointer(first.Address).Long(first.MemberStride).Pointer(second.Address).Long(second.MemberStride);
        return arguments;
    }
}
