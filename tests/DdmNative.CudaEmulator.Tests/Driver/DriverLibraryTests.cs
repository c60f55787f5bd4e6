using System.Runtime.InteropServices;
using System.Text;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Driver.CudaCalls;

namespace DdmNative.CudaEmulator.Tests.Driver;

/// <summary>The library as a C program sees it: its functions, and the result codes of refused calls.</summary>
public sealed class DriverLibraryTests : IDisposable
{
    private const string Module = """
        .version 7.8
        .target sm_80
        .address_size 64
        .global .align 4 .u32 seven = 7;
        .visible .entry nothing(.param .u64 p) { ret; }
        """;

    private nint _context;

    public void Dispose()
    {
        if (_context != 0)
            DestroyContext(_context);
    }

    [SkippableFact]
    public unsafe void It_calls_itself_an_emulator()
    {
        byte* name = stackalloc byte[64];

        int result = ((delegate* unmanaged<byte*, int, int, int>)DriverLibrary.Function("cuDeviceGetName"))(name, 64, 0);

        Assert.Equal(Success, result);
        Assert.Equal("DdmNative CUDA emulator", Marshal.PtrToStringUTF8((nint)name));
    }

    [SkippableFact]
    public unsafe void A_device_that_is_not_there_is_refused()
    {
        int device;

        Assert.Equal(InvalidDevice, ((delegate* unmanaged<int*, int, int>)DriverLibrary.Function("cuDeviceGet"))(&device, 1000));
    }

    [SkippableFact]
    public void Memory_stores_copied_bytes_and_refuses_accesses_outside()
    {
        Begin();
        byte[] values = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))], back = new byte[1000];
        Assert.Equal(Success, Allocate(1000, out ulong address));

        Assert.Equal(Success, CopyIn(address, values));
        Assert.Equal(Success, CopyOut(back, address));
        Assert.Equal(values, back);
        Assert.Equal(InvalidValue, CopyOut(back, address + 1));
        Assert.Equal(InvalidValue, CopyOut(back, 16));
        Assert.Equal(Success, Free(address));
        Assert.Equal(InvalidValue, Free(address));
        Assert.Equal(InvalidValue, CopyOut(back, address));
    }

    [SkippableFact]
    public void Allocations_of_zero_or_too_many_bytes_are_refused()
    {
        Begin();

        Assert.Equal(InvalidValue, Allocate(0, out _));
        Assert.Equal(OutOfMemory, Allocate((nuint)1 << 52, out _));
    }

    [SkippableFact]
    public void Allocation_requires_a_context_and_is_freed_with_it()
    {
        Begin();
        Assert.Equal(Success, Allocate(16, out ulong address));
        Assert.Equal(Success, DestroyContext(_context));

        Assert.Equal(InvalidContext, Allocate(16, out _));
        Assert.Equal(InvalidContext, DestroyContext(_context));
        Begin();
        Assert.Equal(InvalidValue, Free(address));
    }

    [SkippableFact]
    public void A_module_has_its_variables_and_kernels()
    {
        Begin();
        byte[] word = new byte[4];

        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out string log));

        Assert.Empty(log);
        Assert.Equal(Success, Variable(module, "seven", out ulong address, out nuint bytes));
        Assert.Equal((nuint)4, bytes);
        Assert.Equal(Success, CopyOut(word, address));
        Assert.Equal(7, word[0]);
        Assert.Equal(Success, Kernel(module, "nothing", out nint function));
        Assert.NotEqual(0, function);
        Assert.Equal(NotFound, Kernel(module, "something", out _));
        Assert.Equal(NotFound, Variable(module, "nothing", out _, out _));
    }

    [SkippableFact]
    public void Invalid_ptx_is_refused_with_a_log_that_names_the_line()
    {
        Begin();

        Assert.Equal(InvalidPtx,
            LoadModule(Encoding.UTF8.GetBytes(Module.Replace("ret;", "rot;", StringComparison.Ordinal)), out _, out string log));
        Assert.Contains("line 5", log, StringComparison.Ordinal);
        Assert.Contains("rot", log, StringComparison.Ordinal);
        Assert.Equal(NoBinary, LoadModule([0x7F, (byte)'E', (byte)'L', (byte)'F'], out _, out _));
        Assert.Equal(NoBinary, LoadModule(Encoding.UTF8.GetBytes(Module.Replace("sm_80", "sm_99", StringComparison.Ordinal)), out _,
            out _));
    }

    [SkippableFact]
    public void A_launch_of_a_shape_that_no_device_has_is_refused()
    {
        Begin();
        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out _));
        Assert.Equal(Success, Kernel(module, "nothing", out nint function));
        using Pinned parameters = new();

        Assert.Equal(InvalidValue, Launch(function, 0, 32, 0, parameters.Pointers));
        Assert.Equal(InvalidValue, Launch(function, 1, 2048, 0, parameters.Pointers));
        Assert.Equal(InvalidValue, Launch(function, 1, 32, 1 << 20, parameters.Pointers));
        Assert.Equal(InvalidValue, Launch(function, 1, 32, 0, 0));
        Assert.Equal(InvalidHandle, Launch(module, 1, 32, 0, parameters.Pointers));
        Assert.Equal(Success, UnloadModule(module));
        Assert.Equal(InvalidHandle, Launch(function, 1, 32, 0, parameters.Pointers));
    }

    [SkippableFact]
    public void A_cooperative_launch_must_fit_the_device()
    {
        Begin();
        Assert.Equal((Success, 1), (DeviceAttribute(out int cooperative, 95), cooperative));
        Assert.Equal(Success, LoadModule(Encoding.UTF8.GetBytes(Module), out nint module, out _));
        Assert.Equal(Success, Kernel(module, "nothing", out nint function));
        using Pinned parameters = new();

        // 16 multiprocessors, 2048 threads each.
        Assert.Equal(Success, LaunchCooperatively(function, 32, 1024, parameters.Pointers));
        Assert.Equal(CooperativeLaunchTooLarge, LaunchCooperatively(function, 33, 1024, parameters.Pointers));
        Assert.Equal(Success, LaunchCooperatively(function, 512, 64, parameters.Pointers));
        Assert.Equal(CooperativeLaunchTooLarge, LaunchCooperatively(function, 513, 32, parameters.Pointers));
        Assert.Equal(InvalidValue, LaunchCooperatively(function, 0, 32, parameters.Pointers));
        Assert.Equal(Success, Launch(function, 513, 32, 0, parameters.Pointers));
    }

    [SkippableTheory]
    [InlineData("cuStreamSynchronize", InvalidHandle)]
    [InlineData("cuStreamDestroy_v2", InvalidHandle)]
    [InlineData("cuEventQuery", InvalidHandle)]
    [InlineData("cuEventSynchronize", InvalidHandle)]
    [InlineData("cuEventDestroy_v2", InvalidHandle)]
    [InlineData("cuModuleUnload", InvalidHandle)]
    [InlineData("cuGraphDestroy", InvalidValue)]
    [InlineData("cuGraphExecDestroy", InvalidValue)]
    [InlineData("cuMemPoolDestroy", InvalidValue)]
    [InlineData("cuCtxSetCurrent", InvalidContext)]
    [InlineData("cuMemFreeHost", InvalidValue)]
    [InlineData("cuMemHostUnregister", 713)]
    public void An_invalid_handle_is_refused(string function, int code)
    {
        Begin();

        foreach (nint handle in (nint[])[7, 0x1008, nint.MaxValue, -1])
            Assert.Equal(code, Handle(function, handle));
    }

    [SkippableFact]
    public void A_handle_of_another_kind_or_of_a_destroyed_object_is_refused()
    {
        Begin();
        nint stream = Create("cuStreamCreate"), @event = Create("cuEventCreate");

        Assert.Equal(InvalidHandle, Handle("cuEventQuery", stream));
        Assert.Equal(InvalidHandle, Handle("cuStreamSynchronize", @event));
        Assert.Equal(Success, Handle("cuStreamDestroy_v2", stream));
        Assert.Equal(InvalidHandle, Handle("cuStreamDestroy_v2", stream));
        Assert.Equal(Success, Handle("cuEventDestroy_v2", @event));
    }

    [SkippableFact]
    public void Captured_work_is_executed_by_each_launch_of_the_graph()
    {
        Begin();
        nint stream = Create("cuStreamCreate");
        Assert.Equal(Success, Allocate(64, out ulong address));
        Assert.Equal(Success, FillWords(address, 0x01010101, 16, stream));

        Assert.Equal(Success, BeginCapture(stream));
        Assert.Equal(Success, FillWords(address, 0x02020202, 16, stream));
        Assert.Equal(Success, EndCapture(stream, out nint graph));
        Assert.Equal(Success, Instantiate(graph, out nint executable));

        Assert.All(Bytes(address), value => Assert.Equal(1, value));
        Assert.Equal(Success, Handle("cuGraphDestroy", graph));
        for (int launch = 0; launch < 2; launch++)
        {
            Assert.Equal(Success, LaunchGraph(executable, stream));
            Assert.All(Bytes(address), value => Assert.Equal(2, value));
            Assert.Equal(Success, FillWords(address, 0, 16, stream));
        }
    }

    [SkippableFact]
    public void A_capture_into_an_existing_graph_adds_to_its_nodes()
    {
        Begin();
        nint stream = Create("cuStreamCreate"), graph = Create("cuGraphCreate");
        Assert.Equal(Success, Allocate(64, out ulong address));
        Assert.Equal(Success, FillWords(address, 0, 16, stream));

        Assert.Equal(Success, BeginCaptureToGraph(stream, graph));
        Assert.Equal(Success, FillWords(address, 0x03030303, 16, stream));
        Assert.Equal(Success, EndCapture(stream, out nint first));
        Assert.Equal(Success, BeginCaptureToGraph(stream, graph, Nodes(graph)));
        Assert.Equal(Success, FillWords(address, 0x04040404, 8, stream));
        Assert.Equal(Success, EndCapture(stream, out nint second));
        Assert.Equal(Success, Instantiate(graph, out nint executable));

        Assert.Equal((graph, graph), (first, second));
        Assert.Equal(2, Nodes(graph).Length);
        Assert.Equal(Success, LaunchGraph(executable, stream));
        Assert.Equal([.. Enumerable.Repeat((byte)4, 32), .. Enumerable.Repeat((byte)3, 32)], Bytes(address));
        Assert.Equal(InvalidValue, BeginCaptureToGraph(stream, stream));
        Assert.Equal(InvalidValue, BeginCaptureToGraph(stream, graph, [stream]));
    }

    [SkippableFact]
    public void A_destroyed_node_is_missing_from_new_executables_and_kept_in_old_ones()
    {
        Begin();
        nint stream = Create("cuStreamCreate");
        Assert.Equal(Success, Allocate(64, out ulong address));
        Assert.Equal(Success, BeginCapture(stream));
        Assert.Equal(Success, FillWords(address, 0x05050505, 16, stream));
        Assert.Equal(Success, FillWords(address, 0x06060606, 8, stream));
        Assert.Equal(Success, EndCapture(stream, out nint graph));
        Assert.Equal(Success, Instantiate(graph, out nint before));
        nint node = Nodes(graph)[1];

        Assert.Equal(Success, Handle("cuGraphDestroyNode", node));
        Assert.Equal(InvalidValue, Handle("cuGraphDestroyNode", node));
        Assert.Single(Nodes(graph));
        Assert.Equal(Success, Instantiate(graph, out nint after));
        Assert.Equal(Success, Handle("cuGraphDestroy", graph));

        Assert.Equal(Success, LaunchGraph(before, stream));
        Assert.Equal([.. Enumerable.Repeat((byte)6, 32), .. Enumerable.Repeat((byte)5, 32)], Bytes(address));
        Assert.Equal(Success, LaunchGraph(after, stream));
        Assert.All(Bytes(address), value => Assert.Equal(5, value));
    }

    [SkippableFact]
    public void Waiting_for_a_captured_stream_invalidates_the_capture()
    {
        Begin();
        nint stream = Create("cuStreamCreate");
        Assert.Equal(Success, BeginCapture(stream));

        Assert.Equal(CaptureUnsupported, Handle("cuStreamSynchronize", stream));

        Assert.Equal(CaptureInvalidated, FillWords(0, 0, 0, stream));
        Assert.Equal(CaptureInvalidated, EndCapture(stream, out _));
        Assert.Equal(Success, Handle("cuStreamSynchronize", stream));
    }

    [SkippableFact]
    public unsafe void Each_device_has_memory_of_its_own_and_copies_go_between_them()
    {
        int devices;
        Assert.Equal(Success, ((delegate* unmanaged<int*, int>)DriverLibrary.Function("cuDeviceGetCount"))(&devices));
        Skip.If(devices < 2, "The emulator has one device: set DDM_CUDA_EMULATOR_DEVICES=2.");
        Begin();
        Assert.Equal(Success, Allocate(64, out ulong first));
        Assert.Equal(Success, CopyIn(first, Enumerable.Repeat((byte)9, 64).ToArray()));
        Assert.Equal(Success, CreateContext(out nint other, device: 1));
        Assert.Equal(Success, Allocate(64, out ulong second));
        Assert.Equal(Success, CopyIn(second, new byte[64]));

        int copied = ((delegate* unmanaged<ulong, nint, ulong, nint, nuint, int>)DriverLibrary.Function("cuMemcpyPeer"))(second, other,
            first, _context, 32);

        Assert.Equal(Success, copied);
        Assert.Equal([.. Enumerable.Repeat((byte)9, 32), .. new byte[32]], Bytes(second));
        Assert.Equal(Success, DestroyContext(other));
        Assert.Equal(Success, Handle("cuCtxSetCurrent", _context));
        Assert.All(Bytes(first), value => Assert.Equal(9, value));
    }

    private static byte[] Bytes(ulong address)
    {
        byte[] bytes = new byte[64];
        Assert.Equal(Success, CopyOut(bytes, address));
        return bytes;
    }

    private void Begin() => Assert.Equal(Success, CreateContext(out _context));

    /// <summary>Pointers to one parameter of 8 bytes.</summary>
    private sealed class Pinned : IDisposable
    {
        private readonly nint _value = Marshal.AllocHGlobal(8);

        public Pinned()
        {
            Pointers = Marshal.AllocHGlobal(8);
            Marshal.WriteInt64(_value, 0);
            Marshal.WriteIntPtr(Pointers, _value);
        }

        public nint Pointers { get; }

        public void Dispose()
        {
            Marshal.FreeHGlobal(Pointers);
            Marshal.FreeHGlobal(_value);
        }
    }
}
