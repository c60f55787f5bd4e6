using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>
/// Names and texts of results, and functions by their names (CUDA Driver API, "Error Handling", "Driver Entry Point Access").
/// </summary>
internal static unsafe class ErrorExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorName")]
    public static CudaError cuGetErrorName(CudaError error, byte** text) => GetText(error, text, static texts => texts.Name);

    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorString")]
    public static CudaError cuGetErrorString(CudaError error, byte** text) => GetText(error, text, static texts => texts.Text);

    private const ulong PerThreadDefaultStream = 2;

    /// <summary>
    /// The newest version of a function that the caller's version of CUDA has; null, with CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND in the
    /// status, if there is none.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGetProcAddress_v2")]
    public static CudaError cuGetProcAddress(byte* symbol, nint* function, int version, ulong flags, int* status) => Abi.Free(() =>
    {
        Abi.Require(symbol != null && function != null && version > 0
            && flags <= 2, "the name or the output is null, or the version or flags are out of range");
        *function = ProcAddresses.Find(Marshal.PtrToStringUTF8((nint)symbol)!, version, flags == PerThreadDefaultStream);
        if (status != null)
            *status = *function == 0 ? 1 : 0;
        Abi.Require(*function != 0 || status != null, "there is no such function", CudaError.NotFound);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGetProcAddress")]
    public static CudaError cuGetProcAddressBefore12(byte* symbol, nint* function, int version, ulong flags) => Abi.Free(() =>
    {
        Abi.Require(symbol != null && function != null && version > 0
            && flags <= 2, "the name or the output is null, or the version or flags are out of range");
        *function = ProcAddresses.Find(Marshal.PtrToStringUTF8((nint)symbol)!, version, flags == PerThreadDefaultStream);
        Abi.Require(*function != 0, "there is no such function", CudaError.NotFound);
    });

    /// <summary>
    /// Writes the current counters as JSON to a file. Not a function of CUDA; for programs that know that they run on the emulator.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "ddmCudaEmulatorWriteReport")]
    public static CudaError ddmCudaEmulatorWriteReport(byte* path) => Abi.Call(() =>
    {
        Abi.Required(path, nameof(path));
        try
        {
            ReportAtExit.Write(Marshal.PtrToStringUTF8((nint)path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmulatorException(CudaError.OperatingSystem, e.Message);
        }
    });

    private static CudaError GetText(CudaError error, byte** text, Func<ErrorTexts.Entry, nint> part)
    {
        if (text == null)
            return CudaError.InvalidValue;
        bool known = ErrorTexts.TryFind(error, out ErrorTexts.Entry texts);
        *text = known ? (byte*)part(texts) : null;
        return known ? CudaError.Success : CudaError.InvalidValue;
    }
}
