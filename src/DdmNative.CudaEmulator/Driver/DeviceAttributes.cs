using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// CUdevice_attribute: the limits of the compute capability (CUDA C++ Programming Guide, "Compute Capabilities"); attributes of features
/// that the emulator lacks are 0.
/// </summary>
internal static class DeviceAttributes
{
    public const int Multiprocessors = Occupancy.Multiprocessors, WarpSize = Occupancy.WarpSize,
        ThreadsPerMultiprocessor = Occupancy.ThreadsPerMultiprocessor;
    public const int BlocksPerMultiprocessor = Occupancy.BlocksPerMultiprocessor, ReservedSharedBytes = Occupancy.ReservedSharedBytes;

    /// <summary>The last attribute of CUDA 12.4.</summary>
    private const int Last = 138;

    /// <summary>The attributes that are the same for all devices: by number, as in cuda.h.</summary>
    private static readonly Dictionary<int, int> FixedValues = new()
    {
        [1] = 1024, [2] = 1024, [3] = 1024, [4] = 64, // threads of a block, and by dimension
        [5] = int.MaxValue, [6] = 65535, [7] = 65535, // blocks of a grid by dimension
        // shared and constant bytes, pitch, registers of a block
        [8] = 48 << 10, [9] = 64 << 10, [10] = WarpSize, [11] = int.MaxValue, [12] = 65536,
        [13] = 1_410_000, [14] = 512, [15] = 1, [16] = Multiprocessors, // kHz, alignment of textures, overlap
        [31] = 1, [32] = 0, // several kernels at once; no ECC
        [33] = 1, [34] = 0, // bus, device
        // memory kHz and bits, L2 bytes, copy engines
        [36] = 1_593_000, [37] = 5120, [38] = 40 << 20, [39] = ThreadsPerMultiprocessor, [40] = 2,
        [41] = 0, // addresses belong to a context; they are not unified
        [78] = 1, [79] = 1, [80] = 1, // priorities of streams, global and local L1
        [82] = 65536, [86] = 0, [87] = 2, // registers of a multiprocessor; float32 to float64
        [95] = 1, // cooperative launches
        [106] = BlocksPerMultiprocessor, [111] = ReservedSharedBytes, [115] = 1, // blocks; reserved shared bytes; memory pools
    };

    public static int Read(DriverDevice device, int attribute)
    {
        if (attribute is < 1 or > Last)
            throw new EmulatorException(CudaError.InvalidValue, $"{attribute} is not an attribute of a device, expected 1 to {Last}");
        return attribute switch
        {
            33 => device.Ordinal + 1,
            75 => device.Capability.Major,
            76 => device.Capability.Minor,
            81 => SharedBytesPerMultiprocessor(device),
            97 => MaxSharedBytesPerBlock(device),
            _ => FixedValues.GetValueOrDefault(attribute),
        };
    }

    /// <summary>Static and dynamic together, if a kernel requests it.</summary>
    public static int MaxSharedBytesPerBlock(DriverDevice device) => SharedBytesPerMultiprocessor(device) - ReservedSharedBytes;

    public static int SharedBytesPerMultiprocessor(DriverDevice device) => SharedBytesPerMultiprocessor(device.Capability);

    public static int SharedBytesPerMultiprocessor((int Major, int Minor) capability) => capability switch
    {
        (8, 0) => 164 << 10,
        (9, 0) => 228 << 10,
        _ => 100 << 10,
    };
}
