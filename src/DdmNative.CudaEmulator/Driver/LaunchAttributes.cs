using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// CUlaunchAttribute: a number, four bytes of padding and 64 bytes of value. Preferences that change no result are ignored.
/// </summary>
internal static unsafe class LaunchAttributes
{
    private const int Bytes = 72, ValueAt = 8;

    private const int Ignore = 0, AccessPolicyWindow = 1, Cooperative = 2, SynchronizationPolicy = 3, ClusterDimension = 4,
        ClusterSchedulingPolicy = 5, ProgrammaticStreamSerialization = 6, Priority = 8, MemorySynchronizationDomainMap = 9,
        MemorySynchronizationDomain = 10, PreferredSharedMemoryCarveout = 14;

    /// <summary>Refuses attributes that the emulator does not support.</summary>
    /// <exception cref="EmulatorException">InvalidValue, NotSupported.</exception>
    public static void Read(byte* attributes, uint count)
    {
        Abi.Require(count == 0 || attributes != null, "the attributes are null");
        for (uint i = 0; i < count; i++, attributes += Bytes)
        {
            uint* value = (uint*)(attributes + ValueAt);
            int attribute = *(int*)attributes;
            bool isHeeded = attribute switch
            {
                Ignore or AccessPolicyWindow or SynchronizationPolicy or ClusterSchedulingPolicy or ProgrammaticStreamSerialization
                    or Priority or MemorySynchronizationDomainMap or MemorySynchronizationDomain or PreferredSharedMemoryCarveout => true,
                Cooperative => *value == 0,
                ClusterDimension => (value[0], value[1], value[2]) is (0 or 1, 0 or 1, 0 or 1),
                _ => false,
            };
            Abi.Require(isHeeded, $"launch attribute {attribute} with the value {*value} is not supported", CudaError.NotSupported);
        }
    }
}
