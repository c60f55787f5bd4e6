namespace DdmNative.Compute.Cuda;

/// <summary>A call to the CUDA driver failed, or a later call reports the failure of a kernel.</summary>
public sealed class CudaException : Exception
{
    public CudaException(CudaResult result, string resultName, string resultText, string call, string? log = null)
        : base($"{call} failed: {resultName} ({(int)result}), "
            + $"{resultText}.{Advice(result)}{(string.IsNullOrWhiteSpace(log) ? "" : $"\n{log.Trim()}")}")
    {
        (Result, ResultName, Call, Log) = (result, resultName, call, log);
    }

    public CudaResult Result { get; }

    /// <summary>The name in cuda.h, e.g. <c>CUDA_ERROR_INVALID_PTX</c>.</summary>
    public string ResultName { get; }

    /// <summary>The driver's function and its main arguments.</summary>
    public string Call { get; }

    /// <summary>The log of the driver's PTX compiler; null if it did not run.</summary>
    public string? Log { get; }

    private static string Advice(CudaResult result) => result switch
    {
        CudaResult.InvalidPtx => " The kernels of this build are damaged or do not fit the device: build again.",
        CudaResult.NoBinaryForGpu => " A cubin runs on the architecture that it was made for: name PTX, or a cubin made for this device.",
        CudaResult.UnsupportedPtxVersion => " The driver is too old for the kernels: install one of CUDA 11.8 or later.",
        CudaResult.OutOfMemory => " Lower the ensemble's wave size (--wave), the network's width or the batch.",
        CudaResult.SystemDriverMismatch =>
            " The driver's library and its kernel module differ in version: restart the machine after an update.",
        _ => "",
    };
}
