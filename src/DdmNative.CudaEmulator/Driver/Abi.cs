using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>The boundary to native code: always returns a result code, never an exception.</summary>
internal static class Abi
{
    /// <summary>A call that does not need cuInit.</summary>
    public static CudaError Free(Action body) => Invoke(body, null);

    /// <summary>A call that needs cuInit, but no context.</summary>
    public static CudaError Call(Action body) => Invoke(() =>
    {
        _ = EmulatedDriver.Devices;
        body();
    }, null);

    /// <summary>
    /// A call in the thread's current context; calls on one device run one after the other. A context in which a kernel failed refuses all
    /// calls, with the code of that fault.
    /// </summary>
    public static CudaError InContext(Action<DriverContext> body)
    {
        DriverContext? context = null;
        return Invoke(() =>
        {
            _ = EmulatedDriver.Devices;
            context = DriverContext.Current;
            lock (context.Device.Lock)
            {
                context.RequireHealthy();
                body(context);
            }
        }, () => context);
    }

    /// <summary>The value of a pointer that must not be null.</summary>
    public static unsafe T* Required<T>(T* pointer, string name) where T : unmanaged
        => pointer != null ? pointer : throw new EmulatorException(CudaError.InvalidValue, $"{name} is null");

    public static void Require(bool condition, string message, CudaError code = CudaError.InvalidValue)
    {
        if (!condition)
            throw new EmulatorException(code, message);
    }

    private static CudaError Invoke(Action body, Func<DriverContext?>? context)
    {
        try
        {
            body();
            return CudaError.Success;
        }
        catch (EmulatorException e)
        {
            if (context?.Invoke() is { } broken && KillsContext(e.Code) && broken.Fault == CudaError.Success)
                broken.Fault = e.Code;
            if (e.Report is not null)
                WriteToLog(e.Message);
            else if (EmulatedDriver.Log)
                WriteToLog($"{e.Code} ({(int)e.Code}): {e.Message}");
            return e.Code;
        }
        catch (PtxException e)
        {
            return Refuse(CudaError.InvalidPtx, e.Message, EmulatedDriver.Log);
        }
        catch (FormatException e)
        {
            return Refuse(CudaError.InvalidValue, e.Message, true);
        }
        catch (OutOfMemoryException e)
        {
            return Refuse(CudaError.OutOfMemory, e.Message, true);
        }
        catch (Exception e)
        {
            return Refuse(CudaError.Unknown, $"a bug in the emulator: {e}", true);
        }
    }

    /// <summary>
    /// Results after which the memory of a context is not reliable: the driver requires that it is destroyed (CUDA Driver API, CUresult).
    /// </summary>
    private static bool KillsContext(CudaError code)
        => code is CudaError.IllegalAddress or CudaError.LaunchTimeout or CudaError.Assert or CudaError.HardwareStackError
        or CudaError.IllegalInstruction or CudaError.MisalignedAddress or CudaError.InvalidAddressSpace or CudaError.InvalidProgramCounter
        or CudaError.LaunchFailed;

    private static CudaError Refuse(CudaError code, string message, bool logs)
    {
        if (logs)
            WriteToLog(message);
        return code;
    }

    private static void WriteToLog(string message)
    {
        try
        {
            Console.Error.WriteLine("CUDA emulator: " + message);
        }
        catch (IOException)
        {
            // Standard error cannot be written; the code is returned all the same.
        }
    }
}
