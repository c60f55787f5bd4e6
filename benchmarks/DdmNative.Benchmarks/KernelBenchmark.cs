using BenchmarkDotNet.Attributes;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;

namespace DdmNative.Benchmarks;

/// <summary>A device, the tensors that live as long as it, and recorded plans: a benchmark times <see cref="IPlan.Run"/>.</summary>
public abstract class KernelBenchmark
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>Number of threads; one measures the kernel, more measure how the work is divided.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    protected CpuDevice Device { get; private set; } = null!;

    [GlobalSetup]
    public void SetUp()
    {
        Device = new CpuDevice(Threads);
        Prepare();
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _owned.ForEach(part => part.Dispose());
        Device.Dispose();
    }

    /// <summary>Allocates tensors and records plans.</summary>
    protected abstract void Prepare();

    protected IPlan Record(string name, Action body) => Own(Device.Record(name, body));

    protected Tensor Zeros(TensorShape shape) => Own(Device.Allocate(shape));

    /// <summary>Uniform in [−1, 1).</summary>
    protected Tensor Random(TensorShape shape)
    {
        var values = new float[shape.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = 2 * Philox.ToUnit(Philox.Bits(1, 0, (ulong)i)) - 1;
        return Own(Device.Upload(shape, values));
    }

    protected T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
