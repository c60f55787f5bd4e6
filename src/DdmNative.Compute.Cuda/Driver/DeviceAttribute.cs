namespace DdmNative.Compute.Cuda.Driver;

/// <summary>The members of CUdevice_attribute that this backend reads.</summary>
internal enum DeviceAttribute
{
    SharedMemoryPerBlock = 8,
    ClockRateKilohertz = 13,
    Multiprocessors = 16,
    MemoryClockRateKilohertz = 36,
    MemoryBusWidthBits = 37,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    SharedMemoryPerBlockOptIn = 97,
}

/// <summary>The members of CUfunction_attribute that this backend reads.</summary>
internal enum FunctionAttribute
{
    SharedBytes = 1,
    LocalBytes = 3,
    Registers = 4,
    MaxDynamicSharedBytes = 8,
}
