using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>The border to native code: whatever happens inside, a result code goes out and no exception.</summary>
internal static class Abi
{
    /// <summary>A call that needs no cuInit.</summary>
    public static CudaError Free(Action body) => Guarded(body, null);

    /// <summary>A call that needs cuInit, but no context.</summary>
    public static CudaError Call(Action body) => Guarded(() =>
    {
        _ = EmulatedDriver.Devices;
        body();
    }, null);

    /// <summary>A call in the thread's current context; on one device they take turns. A context in which a kernel went wrong refuses all of them, with that code.</summary>
    public static CudaError InContext(Action<DriverContext> body)
    {
        DriverContext? context = null;
        return Guarded(() =>
        {
            _ = EmulatedDriver.Devices;
            context = DriverContext.Current;
            lock (context.Device.Door)
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

    private static CudaError Guarded(Action body, Func<DriverContext?>? context)
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
                Tell(e.Message);
            else if (EmulatedDriver.Log)
                Tell($"{e.Code} ({(int)e.Code}): {e.Message}");
            return e.Code;
        }
        catch (PtxException e)
        {
            return Told(CudaError.InvalidPtx, e.Message, EmulatedDriver.Log);
        }
        catch (FormatException e)
        {
            return Told(CudaError.InvalidValue, e.Message, true);
        }
        catch (OutOfMemoryException e)
        {
            return Told(CudaError.OutOfMemory, e.Message, true);
        }
        catch (Exception e)
        {
            return Told(CudaError.Unknown, $"a defect of the emulator: {e}", true);
        }
    }

    /// <summary>After these the memory of a context is not to be trusted: the driver wants it destroyed (CUDA Driver API, CUresult).</summary>
    private static bool KillsContext(CudaError code) => code is CudaError.IllegalAddress or CudaError.LaunchTimeout or CudaError.Assert or CudaError.HardwareStackError
        or CudaError.IllegalInstruction or CudaError.MisalignedAddress or CudaError.InvalidAddressSpace or CudaError.InvalidProgramCounter or CudaError.LaunchFailed;

    private static CudaError Told(CudaError code, string message, bool tell)
    {
        if (tell)
            Tell(message);
        return code;
    }

    private static void Tell(string message)
    {
        try
        {
            Console.Error.WriteLine("CUDA emulator: " + message);
        }
        catch (IOException)
        {
            // There is no one to tell; the code goes out all the same.
        }
    }
}
