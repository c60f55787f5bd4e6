namespace DdmNative.Compute.Cuda;

/// <summary>
/// How the grid covers the windows or the pixels of images (kernels/PoolWindow.cuh): a thread for four channels of one of them, or for one
/// channel if they are not a multiple of four.
/// </summary>
internal readonly record struct PoolGrid(int Members, int BlocksPerMember, int Width)
{
    private const int Threads = 256;

    /// <summary>The grid for <paramref name="items"/> [E, N, C, rows, columns].</summary>
    /// <exception cref="TensorTooLargeException">A member has more of them than the kernels count.</exception>
    public static PoolGrid Create(string operation, TensorShape items)
    {
        int width = items.Channels % 4 == 0 ? 4 : 1;
        int threads = KernelLimits.Require(operation, "the pooled images", items.MemberLength) / width;
        return new(items.Members, (threads + Threads - 1) / Threads, width);
    }

    /// <summary>The launch of the named kernel in its form for this grid.</summary>
    public KernelLaunch Launch(string kernel)
        => new($"{kernel}_{(Width == 4 ? "vector" : "scalar")}", new Dim3(checked(Members * BlocksPerMember)), new Dim3(Threads));
}
