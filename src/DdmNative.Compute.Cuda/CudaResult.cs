namespace DdmNative.Compute.Cuda;

/// <summary>
/// The driver's results that this backend treats specially; all others are reported by the name that the driver gives (CUresult in cuda.h).
/// </summary>
public enum CudaResult
{
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    NoDevice = 100,
    InvalidDevice = 101,
    NoBinaryForGpu = 209,
    InvalidPtx = 218,
    UnsupportedPtxVersion = 222,
    NotFound = 500,
    NotReady = 600,
    IllegalAddress = 700,
    SystemDriverMismatch = 803,
}
