using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace DdmNative.Compute.Ilgpu;

/// <summary>An ILGPU context and the accelerators that it found, by the names users give them.</summary>
internal sealed class Accelerators : IDisposable
{
    private readonly Context _context;

    public Accelerators()
    {
        NativeLibraries.Install();
        _context = Context.Create(builder => builder.Cuda().OpenCL().CPU(Cpu()).EnableAlgorithms().Optimize(OptimizationLevel.O2));
    }

    /// <summary>What was found: GPUs first, and of each kind the first without a number.</summary>
    public IReadOnlyList<(string Name, ILGPU.Runtime.Device Device)> Found
        => [.. Kinds().SelectMany(kind => _context.Devices.Where(device => device.AcceleratorType == kind.Type)
            .Select((device, i) => ($"ilgpu:{kind.Word}{(i == 0 ? "" : $":{i}")}", device)))];

    /// <summary>The accelerator that is asked for by what follows <c>ilgpu:</c>; the first of all where nothing follows.</summary>
    /// <exception cref="DeviceUnavailableException">There is none of that name.</exception>
    public (string Name, ILGPU.Runtime.Device Device) Find(string which)
    {
        IReadOnlyList<(string Name, ILGPU.Runtime.Device Device)> found = Found;
        if (which.Length == 0)
            return found[0];
        string name = "ilgpu:" + (which.EndsWith(":0", StringComparison.Ordinal) ? which[..^2] : which);
        int at = found.ToList().FindIndex(entry => entry.Name == name);
        return at >= 0
            ? found[at]
            : throw new DeviceUnavailableException(
                $"ILGPU finds no {name} on this machine; it finds {string.Join(", ", found.Select(entry => entry.Name))}.");
    }

    public Accelerator Open(ILGPU.Runtime.Device device) => device.CreateAccelerator(_context);

    public void Dispose() => _context.Dispose();

    /// <summary>
    /// As many multiprocessors as the machine has cores, two threads each, the fewest that ILGPU allows. Our groups are of one thread there: no barrier then waits for another thread,
    /// which costs a fraction of a millisecond on a quiet machine and tens of them on a busy one.
    /// </summary>
    private static CPUDevice Cpu() => new(numThreadsPerWarp: 2, numWarpsPerMultiprocessor: 1, numMultiprocessors: Environment.ProcessorCount);

    private static IEnumerable<(AcceleratorType Type, string Word)> Kinds()
        => [(AcceleratorType.Cuda, "cuda"), (AcceleratorType.OpenCL, "opencl"), (AcceleratorType.CPU, "cpu")];
}
