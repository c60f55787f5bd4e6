using System.Text;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Cuda.Driver;
using Xunit;

namespace DdmNative.Compute.ManagedCuda.Tests;

/// <summary>
/// The calls of <see cref="ICudaDriver"/> through ManagedCuda compared with the default binding: the same results, and the same messages
/// when they fail.
/// </summary>
public sealed class ManagedCudaDriverTests : IDisposable
{
    private readonly List<(ICudaDriver Driver, int Device, nint Context)> opened = [];

    public void Dispose()
    {
        foreach ((ICudaDriver driver, int device, _) in opened)
            driver.ReleasePrimaryContext(device);
    }

    [SkippableFact]
    public void Both_tell_the_same_of_every_device()
    {
        (ICudaDriver managed, ICudaDriver native) = Both();

        Assert.Equal(CudaDeviceFacts.ReadAll(native), CudaDeviceFacts.ReadAll(managed));
    }

    [SkippableFact]
    public void Memory_keeps_what_is_copied_and_filled_in_stream_order()
    {
        (ICudaDriver managed, _) = Both();
        nint stream = managed.CreateStream();
        nint host = managed.AllocateHost(64);
        ulong address = managed.Allocate(64);

        Write(host, [1, 2, 3, 4]);
        managed.Fill(address, 7, 16, stream);
        managed.CopyToDevice(address + 8, host, 16, stream);
        managed.CopyToHost(host + 32, address, 32, stream);
        managed.Synchronize(stream);

        Assert.Equal([7, 7, 1, 2, 3, 4, 7, 7], Read(host + 32, 8));
        managed.Free(address);
        managed.FreeHost(host);
        managed.DestroyStream(stream);
    }

    [SkippableFact]
    public void What_is_captured_runs_with_each_launch_of_its_graph_even_when_the_graph_is_gone()
    {
        (ICudaDriver managed, _) = Both();
        nint stream = managed.CreateStream();
        nint host = managed.AllocateHost(8);
        ulong address = managed.Allocate(8);
        managed.Fill(address, 1, 2, stream);

        managed.BeginCapture(stream);
        managed.Fill(address + 4, 9, 1, stream);
        nint graph = managed.EndCapture(stream);
        nint executable = managed.Instantiate(graph);
        managed.DestroyGraph(graph);
        managed.CopyToHost(host, address, 8, stream);
        managed.Synchronize(stream);
        Assert.Equal([1, 1], Read(host, 2));

        managed.LaunchGraph(executable, stream);
        managed.CopyToHost(host, address, 8, stream);
        managed.Synchronize(stream);

        Assert.Equal([1, 9], Read(host, 2));
        managed.DestroyExecutable(executable);
        managed.Free(address);
        managed.FreeHost(host);
        managed.DestroyStream(stream);
    }

    [SkippableFact]
    public void Events_happen_and_tell_the_time_between_them()
    {
        (ICudaDriver managed, _) = Both();
        nint stream = managed.CreateStream(), start = managed.CreateEvent(timing: true), end = managed.CreateEvent(timing: true);

        managed.Record(start, stream);
        managed.Record(end, stream);
        managed.Wait(end);

        Assert.True(managed.HasHappened(end));
        Assert.True(managed.Milliseconds(start, end) >= 0);
        managed.DestroyEvent(start);
        managed.DestroyEvent(end);
        managed.DestroyStream(stream);
    }

    [SkippableFact]
    public void Ptx_that_does_not_compile_fails_in_the_same_words_with_the_compilers_log()
    {
        byte[] damaged = Encoding.UTF8.GetBytes(
            ".version 7.8\n.target sm_80\n.address_size 64\n.visible .entry broken()\n{\n    fly;\n}\n");

        CudaException failure = SameFailure(driver => driver.LoadModule("damaged", damaged));

        Assert.Equal(CudaResult.InvalidPtx, failure.Result);
        Assert.False(string.IsNullOrWhiteSpace(failure.Log));
    }

    [SkippableFact]
    public void More_memory_than_there_is_fails_in_the_same_words()
        => Assert.Equal(CudaResult.OutOfMemory, SameFailure(driver => driver.Allocate(1L << 50)).Result);

    [SkippableFact]
    public void A_kernel_that_the_module_has_not_is_named()
        => Assert.Contains("'nowhere'", SameFailure(driver => driver.Function(driver.LoadModule("store", Kernel()), "nowhere")).Message,
            StringComparison.Ordinal);

    [SkippableFact]
    public void A_launch_of_a_shape_that_no_device_has_fails_in_the_same_words()
        => Assert.Contains("cuLaunchKernel of store", SameFailure(driver =>
            driver.Launch(driver.Function(driver.LoadModule("store", Kernel()), "store"), new KernelLaunch("store", new Dim3(1),
                new Dim3(4096)), driver.CreateStream(), new KernelArguments().Pointer(0).Int(1).Float(1))).Message,
            StringComparison.Ordinal);

    [SkippableFact]
    public void A_kernel_gets_pointers_whole_numbers_and_floats_as_they_are()
    {
        (ICudaDriver managed, _) = Both();
        nint stream = managed.CreateStream(), host = managed.AllocateHost(16), module = managed.LoadModule("store", Kernel());
        ulong address = managed.Allocate(16);

        managed.Launch(managed.Function(module, "store"), new KernelLaunch("store", new Dim3(1), new Dim3(1)), stream,
            new KernelArguments().Pointer(address).Int(-5).Float(1.5f));
        managed.CopyToHost(host, address, 8, stream);
        managed.Synchronize(stream);

        Assert.Equal([-5, BitConverter.SingleToInt32Bits(1.5f)], Read(host, 2));
        managed.UnloadModule(module);
        managed.Free(address);
        managed.FreeHost(host);
        managed.DestroyStream(stream);
    }

    [SkippableFact]
    public void A_device_that_is_not_there_is_named_with_those_that_are()
    {
        Both();

        var e = Assert.Throws<CudaUnavailableException>(() => new ManagedCudaFamily().Open("4096", "fp32"));

        Assert.Contains("no device managedcuda:4096: this machine has managedcuda:0", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("0,1")]
    public void What_is_no_number_is_refused_with_what_is_expected(string which)
        => Assert.Contains("expected managedcuda, managedcuda:N",
            Assert.Throws<DeviceUnavailableException>(() => new ManagedCudaFamily().Open(which, "fp32")).Message, StringComparison.Ordinal);

    /// <summary>store(pointer, int, float) writes the two values to the pointer.</summary>
    private static byte[] Kernel() => Encoding.UTF8.GetBytes("""
        .version 7.8
        .target sm_80
        .address_size 64
        .visible .entry store(.param .u64 to, .param .u32 whole, .param .f32 fraction)
        {
            .reg .b64 %rd<3>;
            .reg .b32 %r<2>;
            .reg .f32 %f<2>;
            ld.param.u64 %rd1, [to];
            cvta.to.global.u64 %rd2, %rd1;
            ld.param.u32 %r1, [whole];
            st.global.u32 [%rd2], %r1;
            ld.param.f32 %f1, [fraction];
            st.global.f32 [%rd2+4], %f1;
            ret;
        }
        """);

    /// <summary>The failure of a call through both drivers; the messages must be equal.</summary>
    private CudaException SameFailure(Action<ICudaDriver> call)
    {
        (ICudaDriver managed, ICudaDriver native) = Both();
        var byNative = Assert.Throws<CudaException>(() => call(native));
        var byManaged = Assert.Throws<CudaException>(() => call(managed));
        Assert.Equal(byNative.Message, byManaged.Message);
        return byManaged;
    }

    private (ICudaDriver Managed, ICudaDriver Native) Both() => (Open(new ManagedCudaDriver()), Open(new NativeCudaDriver()));

    /// <summary>With the first device's primary context, which both share, current.</summary>
    private ICudaDriver Open(ICudaDriver driver)
    {
        try
        {
            driver.Initialize();
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
        }
        int device = driver.Device(0);
        nint context = driver.RetainPrimaryContext(device);
        driver.SetCurrent(context);
        opened.Add((driver, device, context));
        return driver;
    }

    private static unsafe void Write(nint host, int[] values) => values.CopyTo(new Span<int>((void*)host, values.Length));

    private static unsafe int[] Read(nint host, int count) => new ReadOnlySpan<int>((void*)host, count).ToArray();
}
