namespace DdmNative.Compute.Cuda;

/// <summary>
/// How the grid covers members of equal length (kernels/Elementwise.cuh): four floats a thread if every member begins on 16 bytes,
/// otherwise one.
/// </summary>
internal readonly record struct ElementwiseGrid(int Members, long Length, int Width)
{
    private const int Threads = 256;

    public int BlocksPerMember => checked((int)((Length / Width + Length % Width + Threads - 1) / Threads));

    /// <summary>
    /// The grid for per-member results of <paramref name="length"/> floats; if no operand is shared, all members are treated as one long
    /// member.
    /// </summary>
    public static ElementwiseGrid Create(int members, long length, bool anyShared)
    {
        if (!anyShared)
            (members, length) = (1, members * length);
        return new(members, length, members == 1 || length % 4 == 0 ? 4 : 1);
    }

    /// <summary>The launch of the named kernel in its form for this grid.</summary>
    public KernelLaunch Launch(string kernel)
        => new($"{kernel}_{(Width == 4 ? "vector" : "scalar")}", new Dim3(checked(Members * BlocksPerMember)), new Dim3(Threads));
}
