using System.Runtime.InteropServices;
using System.Text;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>Modules, which must be PTX (CUDA Driver API, "Module Management").</summary>
internal static unsafe class ModuleExports
{
    private const int InfoLog = 3, InfoLogBytes = 4, ErrorLog = 5, ErrorLogBytes = 6, LastOption = 36;

    /// <summary>The first bytes of a cubin and of the two forms of a fat binary.</summary>
    private static readonly uint[] Binaries = [0x464C457F, 0xBA55ED50, 0x466243B1];

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadDataEx")]
    public static CudaError cuModuleLoadDataEx(nint* module, byte* image, uint optionCount, int* options, nint* values)
    => Abi.InContext(context =>
    {
        Abi.Require(optionCount == 0 || (options != null && values != null), "options are null");
        for (uint i = 0; i < optionCount; i++)
            Abi.Require(options[i] is >= 0 and <= LastOption, $"{options[i]} is not an option of the compiler");
        JitLog log = new(optionCount, options, values);
        try
        {
            Load(context, module, image);
            log.Write(InfoLog, InfoLogBytes, "");
            log.Write(ErrorLog, ErrorLogBytes, "");
        }
        catch (Exception e) when (e is PtxException or EmulatorException)
        {
            log.Write(InfoLog, InfoLogBytes, "");
            log.Write(ErrorLog, ErrorLogBytes, e.Message);
            throw;
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadData")]
    public static CudaError cuModuleLoadData(nint* module, byte* image) => Abi.InContext(context => Load(context, module, image));

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadFatBinary")]
    public static CudaError cuModuleLoadFatBinary(nint* module, byte* image) => Abi.InContext(context => Load(context, module, image));

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoad")]
    public static CudaError cuModuleLoad(nint* module, byte* path) => Abi.InContext(context =>
    {
        string file = Text(path, "the path");
        Abi.Require(File.Exists(file), $"there is no file {file}", CudaError.FileNotFound);
        fixed (byte* image = (byte[])[.. File.ReadAllBytes(file), 0])
            Load(context, module, image);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleUnload")]
    public static CudaError cuModuleUnload(nint module) => Abi.InContext(_ => HandleTable.Remove<DriverModule>(module).Unload());

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetFunction")]
    public static CudaError cuModuleGetFunction(nint* function, nint module, byte* name) => Abi.InContext(_ =>
    {
        Abi.Required(function, nameof(function));
        *function = HandleTable.Get<DriverModule>(module).Function(Text(name, "the name"));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetFunctionCount")]
    public static CudaError cuModuleGetFunctionCount(uint* count, nint module)
        => Abi.InContext(_ => *Abi.Required(count, nameof(count)) = (uint)HandleTable.Get<DriverModule>(module).Loaded.Kernels.Count());

    [UnmanagedCallersOnly(EntryPoint = "cuModuleEnumerateFunctions")]
    public static CudaError cuModuleEnumerateFunctions(nint* functions, uint count, nint module) => Abi.InContext(_ =>
    {
        Abi.Required(functions, nameof(functions));
        DriverModule asked = HandleTable.Get<DriverModule>(module);
        foreach (LoadedKernel kernel in asked.Loaded.Kernels.Take((int)Math.Min(count, int.MaxValue)))
            *functions++ = asked.Function(kernel.Name);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetGlobal_v2")]
    public static CudaError cuModuleGetGlobal(ulong* address, nuint* bytes, nint module, byte* name) => Abi.InContext(_ =>
    {
        string variable = Text(name, "the name");
        (ulong Address, ulong Bytes) found = HandleTable.Get<DriverModule>(module).Loaded.FindVariable(variable)
            ?? throw new EmulatorException(CudaError.NotFound, $"the module has no global or constant variable '{variable}'");
        if (address != null)
            *address = found.Address;
        if (bytes != null)
            *bytes = (nuint)found.Bytes;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetLoadingMode")]
    public static CudaError cuModuleGetLoadingMode(int* mode) => Abi.Call(() => *Abi.Required(mode, nameof(mode)) = 1);

    private static void Load(DriverContext context, nint* module, byte* image)
    {
        Abi.Required(module, nameof(module));
        *module = 0;
        Abi.Require(Abi.Required(image, nameof(image))[0] != 0, "the image is empty", CudaError.InvalidImage);
        if (IsBinary(image))
            throw new EmulatorException(CudaError.NoBinaryForGpu,
                "the image is machine code, which the emulator cannot run; expected PTX (compile with -ptx, or load the PTX beside the "
                + "cubin)");
        *module = HandleTable.Add(new DriverModule(context, Text(image, "the image")));
    }

    private static bool IsBinary(byte* image)
    {
        uint start = 0;
        for (int i = 0; i < sizeof(uint); i++)
        {
            if (image[i] == 0)
                return false;
            start |= (uint)image[i] << (8 * i);
        }

        return Array.IndexOf(Binaries, start) >= 0;
    }

    private static string Text(byte* text, string name)
        => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(Abi.Required(text, name)));

    /// <summary>The buffers that the caller provided for the compiler's log; the number of bytes written replaces their sizes.</summary>
    private readonly struct JitLog(uint count, int* options, nint* values)
    {
        private readonly uint _count = count;
        private readonly int* _options = options;
        private readonly nint* _values = values;

        public void Write(int buffer, int size, string text)
        {
            int at = IndexOf(buffer), sizeAt = IndexOf(size);
            if (at < 0 || sizeAt < 0 || _values[at] == 0)
                return;
            // The size is an unsigned int that is stored in place of a pointer.
            uint room = (uint)_values[sizeAt];
            if (room == 0)
                return;
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            int written = (int)Math.Min((uint)bytes.Length, room - 1);
            bytes.AsSpan(0, written).CopyTo(new Span<byte>((void*)_values[at], written));
            ((byte*)_values[at])[written] = 0;
            _values[sizeAt] = written == 0 ? 0 : written + 1;
        }

        private int IndexOf(int option)
        {
            for (int i = 0; i < _count; i++)
            {
                if (_options[i] == option)
                    return i;
            }

            return -1;
        }
    }
}
