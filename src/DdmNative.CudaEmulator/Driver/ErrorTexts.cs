using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>Names and texts of results, as in CUDA's driver, in memory at fixed addresses.</summary>
internal static class ErrorTexts
{
    private static readonly Dictionary<CudaError, Entry> Entries = new()
    {
        [CudaError.Success] = new("CUDA_SUCCESS", "no error"),
        [CudaError.InvalidValue] = new("CUDA_ERROR_INVALID_VALUE", "invalid argument"),
        [CudaError.OutOfMemory] = new("CUDA_ERROR_OUT_OF_MEMORY", "out of memory"),
        [CudaError.NotInitialized] = new("CUDA_ERROR_NOT_INITIALIZED", "initialization error"),
        [CudaError.Deinitialized] = new("CUDA_ERROR_DEINITIALIZED", "driver shutting down"),
        [CudaError.StubLibrary] = new("CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"),
        [CudaError.NoDevice] = new("CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"),
        [CudaError.InvalidDevice] = new("CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"),
        [CudaError.InvalidImage] = new("CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"),
        [CudaError.InvalidContext] = new("CUDA_ERROR_INVALID_CONTEXT", "invalid device context"),
        [CudaError.MapFailed] = new("CUDA_ERROR_MAP_FAILED", "mapping of buffer object failed"),
        [CudaError.NoBinaryForGpu] = new("CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"),
        [CudaError.UnsupportedLimit] = new("CUDA_ERROR_UNSUPPORTED_LIMIT", "limit is not supported on this architecture"),
        [CudaError.ContextAlreadyInUse] = new("CUDA_ERROR_CONTEXT_ALREADY_IN_USE",
        "exclusive-thread device already in use by a different thread"),
        [CudaError.InvalidPtx] = new("CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"),
        [CudaError.JitCompilerNotFound] = new("CUDA_ERROR_JIT_COMPILER_NOT_FOUND", "PTX JIT compiler library not found"),
        [CudaError.UnsupportedPtxVersion] = new("CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
        "the provided PTX was compiled with an unsupported toolchain."),
        [CudaError.InvalidSource] = new("CUDA_ERROR_INVALID_SOURCE", "device kernel image is invalid"),
        [CudaError.FileNotFound] = new("CUDA_ERROR_FILE_NOT_FOUND", "file not found"),
        [CudaError.SharedObjectSymbolNotFound] = new("CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND", "shared object symbol not found"),
        [CudaError.SharedObjectInitFailed] = new("CUDA_ERROR_SHARED_OBJECT_INIT_FAILED", "shared object initialization failed"),
        [CudaError.OperatingSystem] = new("CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"),
        [CudaError.InvalidHandle] = new("CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"),
        [CudaError.IllegalState] = new("CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"),
        [CudaError.NotFound] = new("CUDA_ERROR_NOT_FOUND", "named symbol not found"),
        [CudaError.NotReady] = new("CUDA_ERROR_NOT_READY", "device not ready"),
        [CudaError.IllegalAddress] = new("CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"),
        [CudaError.LaunchOutOfResources] = new("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"),
        [CudaError.LaunchTimeout] = new("CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"),
        [CudaError.PeerAccessAlreadyEnabled] = new("CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED", "peer access is already enabled"),
        [CudaError.PeerAccessNotEnabled] = new("CUDA_ERROR_PEER_ACCESS_NOT_ENABLED", "peer access has not been enabled"),
        [CudaError.PrimaryContextActive] = new("CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE", "cannot set while device is active in this process"),
        [CudaError.ContextIsDestroyed] = new("CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"),
        [CudaError.Assert] = new("CUDA_ERROR_ASSERT", "device-side assert triggered"),
        [CudaError.HostMemoryAlreadyRegistered] = new("CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED",
        "part or all of the requested memory range is already mapped"),
        [CudaError.HostMemoryNotRegistered] = new("CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED",
        "pointer does not correspond to a registered memory region"),
        [CudaError.HardwareStackError] = new("CUDA_ERROR_HARDWARE_STACK_ERROR", "hardware stack error"),
        [CudaError.IllegalInstruction] = new("CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"),
        [CudaError.MisalignedAddress] = new("CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"),
        [CudaError.InvalidAddressSpace] = new("CUDA_ERROR_INVALID_ADDRESS_SPACE", "operation not supported on global/shared address space"),
        [CudaError.InvalidProgramCounter] = new("CUDA_ERROR_INVALID_PC", "invalid program counter"),
        [CudaError.LaunchFailed] = new("CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"),
        [CudaError.CooperativeLaunchTooLarge] = new("CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", "too many blocks in cooperative launch"),
        [CudaError.NotPermitted] = new("CUDA_ERROR_NOT_PERMITTED", "operation not permitted"),
        [CudaError.NotSupported] = new("CUDA_ERROR_NOT_SUPPORTED", "operation not supported"),
        [CudaError.StreamCaptureUnsupported] = new("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
        "operation not permitted when stream is capturing"),
        [CudaError.StreamCaptureInvalidated] = new("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
        "operation failed due to a previous error during capture"),
        [CudaError.StreamCaptureMerge] = new("CUDA_ERROR_STREAM_CAPTURE_MERGE",
        "operation would result in a merge of separate capture sequences"),
        [CudaError.StreamCaptureUnmatched] = new("CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
        "capture was not ended in the same stream as it began"),
        [CudaError.StreamCaptureUnjoined] = new("CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"),
        [CudaError.StreamCaptureIsolation] = new("CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
        "dependency created on uncaptured work in another stream"),
        [CudaError.StreamCaptureImplicit] = new("CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
        "operation would make the legacy stream depend on a capturing blocking stream"),
        [CudaError.CapturedEvent] = new("CUDA_ERROR_CAPTURED_EVENT",
        "operation not permitted on an event last recorded in a capturing stream"),
        [CudaError.StreamCaptureWrongThread] = new("CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
        "attempt to terminate a thread-local capture sequence from another thread"),
        [CudaError.Timeout] = new("CUDA_ERROR_TIMEOUT", "wait operation timed out"),
        [CudaError.GraphExecUpdateFailure] = new("CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE",
        "the graph update was not performed because it included changes which violated constraints specific to instantiated graph update"),
        [CudaError.Unknown] = new("CUDA_ERROR_UNKNOWN", "unknown error"),
    };

    public static bool TryFind(CudaError error, out Entry entry) => Entries.TryGetValue(error, out entry);

    /// <summary>Two pointers to zero-terminated text.</summary>
    internal readonly struct Entry(string name, string text)
    {
        public nint Name { get; } = Marshal.StringToCoTaskMemUTF8(name);

        public nint Text { get; } = Marshal.StringToCoTaskMemUTF8(text);
    }
}
