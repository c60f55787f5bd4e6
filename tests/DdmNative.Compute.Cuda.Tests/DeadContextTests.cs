using System.Text;
using DdmNative.Compute.Cuda.Driver;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>
/// A kernel's fault makes its context unusable. Run on the second device, real or emulated, because other tests share the first one's
/// context; skipped if there is none.
/// </summary>
public sealed class DeadContextTests
{
    private const int Second = 1;

    private const string Ptx = """
        .version 7.8
        .target sm_80
        .address_size 64
        .visible .entry nothing(.param .u64 p)
        {
            ret;
        }
        .visible .entry trapping(.param .u64 p)
        {
            trap;
            ret;
        }
        """;

    [SkippableFact]
    public void Every_call_after_a_kernels_fault_tells_that_fault_and_a_device_opened_anew_works()
    {
        var shape = TensorShape.Vector(1, 1000);
        CudaDevice device = Open();
        Tensor tensor = device.Upload(shape, new float[1000]);
        IPlan plan = device.Record("nothing", () => Launch(device, "nothing"));

        CudaException first = Assert.Throws<CudaException>(() =>
        {
            Launch(device, "trapping");
            tensor.ToArray();
        });

        Assert.All<Action>(
            [
                () => tensor.ToArray(),
                () => tensor.Upload(new float[1000]),
                () => device.Allocate(TensorShape.Vector(1, 1 << 22)),
                () => device.Record("after it", () => Launch(device, "nothing")),
                plan.Run,
            ],
            call => Assert.Equal(first.Result, Assert.Throws<CudaException>(call).Result));
        plan.Dispose();
        tensor.Dispose();
        device.Dispose();
        using CudaDevice again = Open();
        using Tensor sound = again.Upload(shape, [.. Enumerable.Repeat(3f, 1000)]);
        Launch(again, "nothing");
        Assert.All(sound.ToArray(), value => Assert.Equal(3, value));
    }

    private static void Launch(CudaDevice device, string kernel)
        => device.Launch(new KernelLaunch(kernel, new Dim3(1), new Dim3(32)), new KernelArguments().Long(0));

    private static CudaDevice Open()
    {
        try
        {
            var driver = new NativeCudaDriver();
            driver.Initialize();
            Skip.If(driver.DeviceCount() < 2, "There is one CUDA device alone; an emulator gives more with DDM_CUDA_EMULATOR_DEVICES.");
            return new CudaDevice(driver, Second, Precision.Fp32, Encoding.UTF8.GetBytes(Ptx));
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}
