using System.Text;

namespace DdmNative.CudaEmulator.Tests.Driver;

/// <summary>Calls of the library; each returns the driver's result code.</summary>
internal static unsafe class CudaCalls
{
    public const int Success = 0, InvalidValue = 1, OutOfMemory = 2, InvalidDevice = 101, NoBinary = 209, InvalidContext = 201,
        InvalidPtx = 218, InvalidHandle = 400,
        NotFound = 500, CooperativeLaunchTooLarge = 720, NotSupported = 801,
        CaptureUnsupported = 900, CaptureInvalidated = 901;

    public static int CreateContext(out nint context, int device = 0)
    {
        nint made;
        int result = ((delegate* unmanaged<nint*, uint, int, int>)DriverLibrary.Function("cuCtxCreate_v2"))(&made, 0, device);
        context = made;
        return result;
    }

    public static int DestroyContext(nint context) => Handle("cuCtxDestroy_v2", context);

    public static int Allocate(nuint bytes, out ulong address)
    {
        ulong made = 0;
        int result = ((delegate* unmanaged<ulong*, nuint, int>)DriverLibrary.Function("cuMemAlloc_v2"))(&made, bytes);
        address = made;
        return result;
    }

    public static int Free(ulong address) => ((delegate* unmanaged<ulong, int>)DriverLibrary.Function("cuMemFree_v2"))(address);

    public static int CopyIn(ulong destination, ReadOnlySpan<byte> source)
    {
        fixed (byte* bytes = source)
            return ((delegate* unmanaged<ulong, void*, nuint, int>)DriverLibrary.Function("cuMemcpyHtoD_v2"))(destination, bytes,
                (nuint)source.Length);
    }

    public static int CopyOut(Span<byte> destination, ulong source)
    {
        fixed (byte* bytes = destination)
            return ((delegate* unmanaged<void*, ulong, nuint, int>)DriverLibrary.Function("cuMemcpyDtoH_v2"))(bytes, source,
                (nuint)destination.Length);
    }

    public static int FillWords(ulong address, uint word, nuint count, nint stream)
        => ((delegate* unmanaged<ulong, uint, nuint, nint, int>)DriverLibrary.Function("cuMemsetD32Async"))(address, word, count, stream);

    /// <summary>Loads PTX with a log of 512 bytes.</summary>
    public static int LoadModule(byte[] text, out nint module, out string log)
    {
        const int errorLog = 5, errorLogBytes = 6;
        byte* buffer = stackalloc byte[512];
        int* options = stackalloc int[] { errorLog, errorLogBytes };
        nint* values = stackalloc nint[] { (nint)buffer, 512 };
        nint made = 0;
        int result;
        fixed (byte* image = (byte[])[.. text, 0])
            result = ((delegate* unmanaged<nint*, void*, uint, int*, nint*, int>)DriverLibrary.Function("cuModuleLoadDataEx"))(&made, image,
                2, options, values);
        module = made;
        log = values[1] == 0 ? "" : Encoding.UTF8.GetString(buffer, (int)values[1] - 1);
        return result;
    }

    public static int UnloadModule(nint module) => Handle("cuModuleUnload", module);

    public static int Kernel(nint module, string name, out nint function)
    {
        nint found = 0;
        int result;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            result = ((delegate* unmanaged<nint*, nint, byte*, int>)DriverLibrary.Function("cuModuleGetFunction"))(&found, module, text);
        function = found;
        return result;
    }

    public static int Variable(nint module, string name, out ulong address, out nuint bytes)
    {
        ulong foundAddress = 0;
        nuint foundBytes = 0;
        int result;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            result = ((delegate* unmanaged<ulong*, nuint*, nint, byte*, int>)DriverLibrary.Function("cuModuleGetGlobal_v2"))(&foundAddress,
                &foundBytes, module, text);
        (address, bytes) = (foundAddress, foundBytes);
        return result;
    }

    public static int Launch(nint function, uint grid, uint block, uint shared, nint parameters)
        => ((delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, nint, nint,
            int>)DriverLibrary.Function("cuLaunchKernel"))(
            function, grid, 1, 1, block, 1, 1, shared, 0, parameters, 0);

    public static int LaunchCooperatively(nint function, uint grid, uint block, nint parameters)
    {
        nint launch = DriverLibrary.Function("cuLaunchCooperativeKernel");
        return ((delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, nint, int>)launch)(
            function, grid, 1, 1, block, 1, 1, 0, 0, parameters);
    }

    public static int DeviceAttribute(out int value, int attribute)
    {
        int found = 0;
        int result = ((delegate* unmanaged<int*, int, int, int>)DriverLibrary.Function("cuDeviceGetAttribute"))(&found, attribute, 0);
        value = found;
        return result;
    }

    /// <summary>A function that takes one handle.</summary>
    public static int Handle(string name, nint handle) => ((delegate* unmanaged<nint, int>)DriverLibrary.Function(name))(handle);

    /// <summary>A function that returns a handle and takes flags.</summary>
    public static nint Create(string name)
    {
        nint made = 0;
        int result = ((delegate* unmanaged<nint*, uint, int>)DriverLibrary.Function(name))(&made, 0);
        return result == Success ? made : throw new InvalidOperationException($"{name}: {result}");
    }

    public static int BeginCapture(nint stream)
        => ((delegate* unmanaged<nint, int, int>)DriverLibrary.Function("cuStreamBeginCapture_v2"))(stream, 0);

    /// <summary>Starts a capture into a graph, after the given nodes.</summary>
    public static int BeginCaptureToGraph(nint stream, nint graph, params nint[] dependencies)
    {
        fixed (nint* after = dependencies)
            return ((delegate* unmanaged<nint, nint, nint*, nint, nuint, int, int>)DriverLibrary.Function("cuStreamBeginCaptureToGraph"))(
                stream, graph, after, 0, (nuint)dependencies.Length, 0);
    }

    /// <summary>The handles of a graph's nodes.</summary>
    public static nint[] Nodes(nint graph)
    {
        var function = (delegate* unmanaged<nint, nint*, nuint*, int>)DriverLibrary.Function("cuGraphGetNodes");
        nuint count = 0;
        int result = function(graph, null, &count);
        nint[] nodes = new nint[count];
        fixed (nint* handles = nodes)
        {
            if (result != Success || (count > 0 && function(graph, handles, &count) != Success))
                throw new InvalidOperationException($"cuGraphGetNodes: {result}");
        }
        return nodes;
    }

    public static int EndCapture(nint stream, out nint graph)
    {
        nint made = 0;
        int result = ((delegate* unmanaged<nint, nint*, int>)DriverLibrary.Function("cuStreamEndCapture"))(stream, &made);
        graph = made;
        return result;
    }

    public static int Instantiate(nint graph, out nint executable)
    {
        nint made = 0;
        int result = ((delegate* unmanaged<nint*, nint, ulong, int>)DriverLibrary.Function("cuGraphInstantiateWithFlags"))(&made, graph, 0);
        executable = made;
        return result;
    }

    public static int LaunchGraph(nint executable, nint stream)
        => ((delegate* unmanaged<nint, nint, int>)DriverLibrary.Function("cuGraphLaunch"))(executable, stream);
}
