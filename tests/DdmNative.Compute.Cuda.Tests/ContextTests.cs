using System.Text;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// Contexts on threads, and what is released when a device is disposed: completely or partly constructed, in order or after a fault.
/// </summary>
public sealed class ContextTests : IDisposable
{
    private static readonly TensorShape Shape = TensorShape.Vector(1, 1000);
    private readonly HostMemoryDriver _driver = new();

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void A_thread_that_knew_a_device_of_the_past_calls_in_the_context_of_the_new_one()
    {
        using var thread = new Worker();
        CudaDevice past = Open();
        thread.Do(() => past.Allocate(Shape).Dispose());
        past.Dispose();

        // Its context has the handle of the previous one, which a driver may reuse.
        using CudaDevice device = Open();

        thread.Do(() => device.Allocate(TensorShape.Vector(1, 5000)).Dispose());
    }

    [Fact]
    public void Threads_that_change_between_devices_call_in_the_right_context()
    {
        using var two = new HostMemoryDriver(devices: 2);
        using var thread = new Worker();
        using CudaDevice first = Open(two), second = Open(two, 1);

        for (int i = 1; i <= 3; i++)
        {
            thread.Do(() => first.Allocate(TensorShape.Vector(1, i << 12)));
            thread.Do(() => second.Allocate(TensorShape.Vector(1, i << 13)));
            first.Allocate(TensorShape.Vector(1, i << 14));
        }

        Assert.Equal([6, 3], two.AllocationsByContext.OrderBy(context => context.Key).Select(context => context.Value));
    }

    [Fact]
    public void After_a_context_could_not_be_made_current_the_thread_does_not_take_it_for_its_own()
    {
        using var thread = new Worker();
        using CudaDevice device = Open();
        thread.Do(() =>
        {
            _driver.FailingCall = "SetCurrent";
            Assert.Throws<CudaException>(() => device.Allocate(Shape));
            _driver.FailingCall = null;

            device.Allocate(Shape).Dispose();
        });
    }

    [Fact]
    public void A_device_gives_back_everything_at_its_end()
    {
        CudaDevice device = Open();
        using (Tensor tensor = device.Upload(Shape, new float[1000]))
            tensor.ToArray();
        device.Record("a plan", () => device.Launch(new KernelLaunch("kernel", new Dim3(1), new Dim3(32)),
            new KernelArguments())).Dispose();
        Assert.NotEqual(0, _driver.Living);

        device.Dispose();
        device.Dispose();

        Assert.Equal(0, _driver.Living);
    }

    /// <summary>Even if one call fails, all others are made.</summary>
    [Theory]
    [InlineData("Synchronize", 0)]
    [InlineData("DestroyEvent", 1)]
    [InlineData("FreeHost", 1)]
    [InlineData("Free", 1)]
    [InlineData("UnloadModule", 1)]
    [InlineData("DestroyStream", 1)]
    [InlineData("ReleasePrimaryContext", 1)]
    public void A_call_that_fails_at_the_end_of_a_device_keeps_no_other_from_being_made(string call, int left)
    {
        CudaDevice device = Open();
        device.Upload(Shape, new float[1000]).Dispose();
        _driver.FailingCall = call;

        device.Dispose();

        Assert.Equal(left, _driver.Living);
        Assert.True(device.IsDisposed);
    }

    /// <summary>
    /// As after a kernel's fault: the exception that reported it must reach the caller, through every Dispose on the way.
    /// </summary>
    [Fact]
    public void A_dead_device_is_disposed_with_all_that_is_on_it_and_does_not_throw()
    {
        CudaDevice device = Open();
        Tensor tensor = device.Upload(Shape, new float[1000]);
        IPlan plan = device.Record("a plan", () => device.Launch(new KernelLaunch("kernel", new Dim3(1), new Dim3(32)),
            new KernelArguments()));
        _driver.FailingCall = "*";

        plan.Dispose();
        tensor.Dispose();
        device.Dispose();

        Assert.Subset(_driver.Failed.ToHashSet(), new HashSet<string>(["Synchronize", "FreeHost", "Free", "UnloadModule", "DestroyStream",
            "ReleasePrimaryContext"]));
    }

    [Theory]
    [InlineData("SetCurrent")]
    [InlineData("CreateStream")]
    [InlineData("LoadModule")]
    [InlineData("AllocateHost")]
    public void A_device_that_cannot_be_made_leaves_nothing_behind_and_the_error_is_the_first(string call)
    {
        _driver.FailingCall = call;

        Assert.Equal(call, Assert.Throws<CudaException>(() => Open()).Call);

        Assert.Equal(0, _driver.Living);
        _driver.FailingCall = null;
        using CudaDevice device = Open();
        device.Allocate(Shape).Dispose();
    }

    private CudaDevice Open() => Open(_driver);

    private static CudaDevice Open(HostMemoryDriver driver, int ordinal = 0) => new(driver, ordinal, Precision.Fp32,
        Encoding.ASCII.GetBytes("no kernels"));

    /// <summary>A separate thread, which keeps its thread-static state between calls.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<(Action Work, TaskCompletionSource Done)> _works = [];
        private readonly Thread _thread;

        public Worker()
        {
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public void Do(Action work)
        {
            var done = new TaskCompletionSource();
            _works.Add((work, done));
            done.Task.GetAwaiter().GetResult();
        }

        public void Dispose()
        {
            _works.CompleteAdding();
            _thread.Join();
            _works.Dispose();
        }

        private void Run()
        {
            foreach ((Action work, TaskCompletionSource done) in _works.GetConsumingEnumerable())
            {
                try
                {
                    work();
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            }
        }
    }
}
