using System.Runtime.InteropServices;
using System.Text;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Driver.CudaCalls;

namespace DdmNative.CudaEmulator.Tests.Driver;

/// <summary>
/// Every name of the driver API is exported, and does the same as its newer or older form or reports that it is not implemented.
/// </summary>
public sealed class EntryPointTests : IDisposable
{
    private const string Module = """
        .version 7.8
        .target sm_80
        .address_size 64
        .const .align 4 .u32 table[5];
        .global .align 4 .u32 seven = 7;
        .visible .entry first(.param .u64 p, .param .u32 q, .param .u64 r) .reqntid 96 { ret; }
        .visible .entry second() .maxntid 64, 2 { ret; }
        """;

    private nint _context;

    /// <summary>The names of cuda.h in all their versions, one per line.</summary>
    private static string[] Names { get; } = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Driver", "driver-api-names.txt"));

    public void Dispose()
    {
        if (_context != 0)
            DestroyContext(_context);
    }

    [SkippableFact]
    public void Every_name_of_the_driver_api_is_exported()
    {
        Assert.True(Names.Length > 600);
        Assert.Equal([], Names.Where(name => !DriverLibrary.Has(name)));
        Assert.False(DriverLibrary.Has("cuNoSuchFunction"));
    }

    [SkippableFact]
    public void Every_name_is_found_by_cuGetProcAddress_of_both_versions()
    {
        string[] plain = [.. Names.Select(Unversioned).Distinct()];

        Assert.Equal([], plain.Where(name => Address(name, 13000, 0) == 0 || Address(name, 13000, 2) == 0 || AddressBefore12(name) == 0));
        Assert.Equal(0, Address("cuNoSuchFunction", 12040, 0));
    }

    [SkippableTheory]
    [InlineData("cuMemAlloc", 12040, 0, "cuMemAlloc_v2")]
    [InlineData("cuCtxCreate", 11000, 0, "cuCtxCreate_v2")]
    [InlineData("cuCtxCreate", 12040, 0, "cuCtxCreate_v3")]
    [InlineData("cuCtxCreate", 12050, 0, "cuCtxCreate_v4")]
    [InlineData("cuGraphInstantiate", 11080, 0, "cuGraphInstantiate_v2")]
    [InlineData("cuGraphInstantiate", 12000, 0, "cuGraphInstantiateWithFlags")]
    [InlineData("cuStreamGetCaptureInfo", 12020, 0, "cuStreamGetCaptureInfo_v2")]
    [InlineData("cuMemcpyHtoDAsync", 12040, 0, "cuMemcpyHtoDAsync_v2")]
    [InlineData("cuMemcpyHtoDAsync", 12040, 2, "cuMemcpyHtoDAsync_v2_ptsz")]
    [InlineData("cuMemcpyHtoD", 12040, 2, "cuMemcpyHtoD_v2_ptds")]
    [InlineData("cuMemAlloc", 12040, 2, "cuMemAlloc_v2")]
    public void The_function_has_the_form_of_the_callers_version_of_CUDA(string name, int version, ulong flags, string form) =>
        Assert.Equal(DriverLibrary.Function(form), Address(name, version, flags));

    [SkippableTheory]
    [InlineData("cuArrayCreate_v2", NotSupported)]
    [InlineData("cuTexObjectCreate", NotSupported)]
    [InlineData("cuMemCreate", NotSupported)]
    [InlineData("cuMemAllocManaged", NotSupported)]
    [InlineData("cuLinkCreate_v2", NotSupported)]
    [InlineData("cuIpcGetMemHandle", NotSupported)]
    [InlineData("cuMemPrefetchAsync_ptsz", NotSupported)]
    [InlineData("cuMemAlloc", InvalidContext)]
    [InlineData("cuMemcpyHtoD", InvalidContext)]
    [InlineData("cuMemsetD32", InvalidContext)]
    public unsafe void What_is_not_done_says_so(string name, int code)
    {
        Begin();
        ulong* nothing = stackalloc ulong[32];

        var function = (delegate* unmanaged<ulong*, ulong*, ulong*, ulong*, int>)DriverLibrary.Function(name);
        Assert.Equal(code, function(nothing, nothing, nothing, nothing));
    }

    [SkippableFact]
    public unsafe void Older_names_do_what_the_newer_ones_do()
    {
        nint made, current;
        Assert.Equal(Success, ((delegate* unmanaged<nint*, uint, int, int>)DriverLibrary.Function("cuCtxCreate"))(&made, 0, 0));
        _context = made;
        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out _));
        ulong address;
        nuint bytes;
        var find = (delegate* unmanaged<ulong*, nuint*, nint, byte*, int>)DriverLibrary.Function("cuModuleGetGlobal");
        fixed (byte* name = "seven\0"u8)
            Assert.Equal(Success, find(&address, &bytes, module, name));
        Variable(module, "seven", out ulong expected, out _);

        Assert.Equal((expected, (nuint)4), (address, bytes));
        Assert.Equal(Success, ((delegate* unmanaged<nint*, int>)DriverLibrary.Function("cuCtxPopCurrent"))(&current));
        Assert.Equal(made, current);
        Assert.Equal(Success, Handle("cuCtxPushCurrent", made));
    }

    [SkippableFact]
    public unsafe void The_default_stream_of_each_thread_is_the_one_default_stream()
    {
        Begin();
        Assert.Equal(Success, Allocate(16, out ulong address));
        byte[] values = [.. Enumerable.Range(1, 16).Select(i => (byte)i)], back = new byte[16];
        var copyIn = (delegate* unmanaged<ulong, byte*, nuint, nint, int>)DriverLibrary.Function("cuMemcpyHtoDAsync_v2_ptsz");
        var copyOut = (delegate* unmanaged<byte*, ulong, nuint, int>)DriverLibrary.Function("cuMemcpyDtoH_v2_ptds");
        fixed (byte* from = values, to = back)
        {
            Assert.Equal(Success, copyIn(address, from, 16, 2));
            Assert.Equal(Success, copyOut(to, address, 16));
        }

        Assert.Equal(values, back);
    }

    [SkippableFact]
    public void Attributes_of_a_kernel_give_its_target_and_its_resources()
    {
        Begin();
        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out _));
        Kernel(module, "first", out nint first);
        Kernel(module, "second", out nint second);

        // CU_FUNC_ATTRIBUTE_…: threads 0, constant bytes 2, PTX 5, binary 6. The device is sm_80 or later.
        Assert.Equal((96, 128), (Attribute(first, 0), Attribute(second, 0)));
        Assert.Equal(20, Attribute(first, 2));
        Assert.Equal(80, Attribute(first, 5));
        Assert.InRange(Attribute(first, 6), 80, 90);
    }

    [SkippableFact]
    public unsafe void A_kernel_tells_its_name_and_where_its_parameters_lie()
    {
        Begin();
        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out _));
        nint* functions = stackalloc nint[3];
        var enumerate = (delegate* unmanaged<nint*, uint, nint, int>)DriverLibrary.Function("cuModuleEnumerateFunctions");
        Assert.Equal(Success, enumerate(functions, 3, module));
        nint text;
        nuint offset, bytes;
        var parameter = (delegate* unmanaged<nint, nuint, nuint*, nuint*, int>)DriverLibrary.Function("cuFuncGetParamInfo");

        Assert.Equal(Success, ((delegate* unmanaged<nint*, nint, int>)DriverLibrary.Function("cuFuncGetName"))(&text, functions[0]));
        Assert.Equal("first", Marshal.PtrToStringUTF8(text));
        Assert.Equal(Success, parameter(functions[0], 2, &offset, &bytes));
        Assert.Equal((16u, 8u), ((uint)offset, (uint)bytes));
        Assert.Equal(InvalidValue, parameter(functions[0], 3, &offset, &bytes));
        Assert.Equal(0, functions[2]);
        Assert.Equal(Success, ((delegate* unmanaged<nint, int, int>)DriverLibrary.Function("cuFuncSetSharedMemConfig"))(functions[1], 1));
    }

    [SkippableFact]
    public unsafe void Pointers_tell_what_memory_they_are_of()
    {
        Begin();
        Assert.Equal(Success, Allocate(64, out ulong device));
        nint host;
        Assert.Equal(Success, ((delegate* unmanaged<nint*, nuint, uint, int>)DriverLibrary.Function("cuMemHostAlloc"))(&host, 64, 5));
        uint flags;
        Assert.Equal(Success, ((delegate* unmanaged<uint*, nint, int>)DriverLibrary.Function("cuMemHostGetFlags"))(&flags, host));
        Assert.Equal(5u, flags);

        // CU_POINTER_ATTRIBUTE_…: memory type 2, managed 8, start of the range 11, its bytes 12. Host memory is of type 1, a device's of
        // type 2.
        Assert.Equal((2u, 0u, device, 64u), Attributes(device + 8));
        Assert.Equal((1u, 0u, (ulong)host, 64u), Attributes((ulong)host + 8));
        Assert.Equal((0u, 0u, 0u, 0u), Attributes(8));
        uint type;
        var ask = (delegate* unmanaged<void*, int, ulong, int>)DriverLibrary.Function("cuPointerGetAttribute");
        Assert.Equal(InvalidValue, ask(&type, 2, 8));
        Assert.Equal(Success, Handle("cuMemFreeHost", host));
    }

    [SkippableFact]
    public unsafe void A_launch_may_name_attributes_that_change_no_result_and_no_others()
    {
        Begin();
        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out _));
        Kernel(module, "second", out nint function);

        // CU_LAUNCH_ATTRIBUTE_…: ignored 0, cluster dimension 4, programmatic stream serialization 6, priority 8.
        Assert.Equal(Success, LaunchWith(function, (0, 5), (4, 1), (6, 1), (8, 0)));
        Assert.Equal(NotSupported, LaunchWith(function, (4, 2)));
        Assert.Equal(NotSupported, LaunchWith(function, (7, 1)));
    }

    [SkippableFact]
    public unsafe void A_device_is_found_by_its_bus_id()
    {
        byte* text = stackalloc byte[32];
        Assert.Equal(Success, ((delegate* unmanaged<byte*, int, int, int>)DriverLibrary.Function("cuDeviceGetPCIBusId"))(text, 32, 0));
        int device = -1;
        var find = (delegate* unmanaged<int*, byte*, int>)DriverLibrary.Function("cuDeviceGetByPCIBusId");

        Assert.Equal(Success, find(&device, text));
        Assert.Equal(0, device);
        text[5] = (byte)'F';
        Assert.Equal(InvalidDevice, find(&device, text));
    }

    [SkippableFact]
    public unsafe void A_callback_of_a_stream_is_told_the_stream_and_that_all_went_well()
    {
        Begin();
        nint stream = Create("cuStreamCreate");
        (nint Stream, int Status) told = default;
        var add = (delegate* unmanaged<nint, nint, nint, uint, int>)DriverLibrary.Function("cuStreamAddCallback");
        delegate* unmanaged<nint, int, nint, void> tell = &Tell;
        Assert.Equal(Success, add(stream, (nint)tell, (nint)(&told), 0));

        Assert.Equal((stream, 1000), told);
    }

    [UnmanagedCallersOnly]
    private static unsafe void Tell(nint stream, int status, nint data) => *((nint Stream, int Status)*)data = (stream, 1000 + status);

    private static string Unversioned(string name)
    {
        if (name.EndsWith("_ptsz", StringComparison.Ordinal) || name.EndsWith("_ptds", StringComparison.Ordinal))
            name = name[..^5];
        return name[^3] == '_' && name[^2] == 'v' ? name[..^3] : name;
    }

    private static unsafe nint Address(string name, int version, ulong flags)
    {
        nint found = 0;
        int status = -1;
        var find = (delegate* unmanaged<byte*, nint*, int, ulong, int*, int>)DriverLibrary.Function("cuGetProcAddress_v2");
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            find(text, &found, version, flags, &status);
        Assert.Equal(found == 0 ? 1 : 0, status);
        return found;
    }

    private static unsafe nint AddressBefore12(string name)
    {
        nint found = 0;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            ((delegate* unmanaged<byte*, nint*, int, ulong, int>)DriverLibrary.Function("cuGetProcAddress"))(text, &found, 13000, 0);
        return found;
    }

    private static unsafe int Attribute(nint function, int attribute)
    {
        int value;
        var ask = (delegate* unmanaged<int*, int, nint, int>)DriverLibrary.Function("cuFuncGetAttribute");
        Assert.Equal(Success, ask(&value, attribute, function));
        return value;
    }

    private static unsafe (uint Type, uint IsManaged, ulong Start, ulong Bytes) Attributes(ulong address)
    {
        uint type = 9, managed = 9;
        ulong start = 9, bytes = 9;
        int* attributes = stackalloc int[] { 2, 8, 11, 12 };
        void** places = stackalloc void*[] { &type, &managed, &start, &bytes };
        var ask = (delegate* unmanaged<uint, int*, void**, ulong, int>)DriverLibrary.Function("cuPointerGetAttributes");
        Assert.Equal(Success, ask(4, attributes, places, address));
        return (type, managed, start, bytes);
    }

    private static unsafe int LaunchWith(nint function, params (int Attribute, int Value)[] attributes)
    {
        byte* each = stackalloc byte[72 * attributes.Length], configuration = stackalloc byte[56];
        new Span<byte>(each, 72 * attributes.Length).Clear();
        new Span<byte>(configuration, 56).Clear();
        for (int i = 0; i < attributes.Length; i++)
        {
            *(int*)(each + 72 * i) = attributes[i].Attribute;
            new Span<int>(each + 72 * i + 8, 3).Fill(attributes[i].Value);
        }

        new Span<int>(configuration, 6).Fill(1);
        *(byte**)(configuration + 40) = each;
        *(int*)(configuration + 48) = attributes.Length;
        var launch = (delegate* unmanaged<byte*, nint, nint, nint, int>)DriverLibrary.Function("cuLaunchKernelEx");
        return launch(configuration, function, 0, 0);
    }

    private void Begin() => Assert.Equal(Success, CreateContext(out _context));
}
