using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace DdmNative.Compute.Ilgpu;

/// <summary>An ILGPU context and its accelerators, by the names that users give.</summary>
internal sealed class Accelerators : IDisposable
{
    private readonly Context _context;

    public Accelerators()
    {
        NativeLibraries.Install();
        _context = Context.Create(builder => builder.Cuda().OpenCL().CPU(Cpu()).EnableAlgorithms().Optimize(OptimizationLevel.O2));
    }

    /// <summary>All accelerators: GPUs first; the first of each kind has no number.</summary>
    public IReadOnlyList<(string Name, ILGPU.Runtime.Device Device)> Found
        => [.. Kinds().SelectMany(kind => _context.Devices.Where(device => device.AcceleratorType == kind.Type)
            .Select((device, i) => ($"ilgpu:{kind.Word}{(i == 0 ? "" : $":{i}")}", device)))];

    /// <summary>The accelerator whose name follows <c>ilgpu:</c>; the first of all if the name is empty.</summary>
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
                $"ILGPU found no {name} on this machine; it found {string.Join(", ", found.Select(entry => entry.Name))}.");
    }

    public Accelerator Open(ILGPU.Runtime.Device device) => device.CreateAccelerator(_context);

    public void Dispose() => _context.Dispose();

    /// <summary>
    /// As many multiprocessors as the machine has cores, two threads each, the fewest that ILGPU allows. Our groups have one thread there,
    /// so that no barrier waits for another thread, which costs a fraction of a millisecond on a quiet machine and tens of milliseconds on
    /// a busy one.
    /// </summary>
    private static CPUDevice Cpu()
        => new(numThreadsPerWarp: 2, numWarpsPerMultiprocessor: 1, numMultiprocessors: Environment.ProcessorCount);

    private static IEnumerable<(AcceleratorType Type, string Word)> Kinds()
        => [(AcceleratorType.Cuda, "cuda"), (AcceleratorType.OpenCL, "opencl"), (AcceleratorType.CPU, "cpu")];
}
