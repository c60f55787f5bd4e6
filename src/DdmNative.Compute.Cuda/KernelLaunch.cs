namespace DdmNative.Compute.Cuda;

/// <summary>Which kernel runs, over which grid of which blocks, with how much shared memory beyond what it declares.</summary>
internal readonly record struct KernelLaunch(string Kernel, Dim3 Grid, Dim3 Block, int DynamicSharedBytes = 0)
{
    public int Blocks => Grid.X * Grid.Y * Grid.Z;

    public int ThreadsPerBlock => Block.X * Block.Y * Block.Z;
}
