namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// How many blocks are on the device at the same time, limited by the resources of a multiprocessor of the emulated device.
/// </summary>
internal static class Occupancy
{
    public const int Multiprocessors = 16, WarpSize = 32;

    public const int ThreadsPerMultiprocessor = 2048, BlocksPerMultiprocessor = 32, ReservedSharedBytes = 1024;

    /// <summary>
    /// Blocks that fit on a multiprocessor by threads and shared memory; registers do not count, since the emulator allocates none.
    /// </summary>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Static and dynamic shared memory of a block.</param>
    /// <param name="multiprocessorBytes">Shared memory of a multiprocessor.</param>
    public static int Blocks(int threads, int sharedBytes, int multiprocessorBytes)
    {
        int warps = (threads + WarpSize - 1) / WarpSize;
        int byThreads = ThreadsPerMultiprocessor / WarpSize / warps, byMemory = multiprocessorBytes / (sharedBytes + ReservedSharedBytes);
        return Math.Min(BlocksPerMultiprocessor, Math.Min(byThreads, byMemory));
    }
}
