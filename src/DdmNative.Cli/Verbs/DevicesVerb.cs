using System.Text.Json;
using CommandLine;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli.Verbs;

[Verb("devices", HelpText = "List the devices that --device understands.")]
internal sealed class DevicesVerb : IVerb
{
    [Option("json", HelpText = "Print one JSON object.")]
    public bool Json { get; set; }

    public void Run(CancellationToken stop)
    {
        using Device cpu = DeviceList.Open("cpu", threads: null);
        (IReadOnlyList<CudaDeviceFacts> cuda, string? whyNone) = CudaDevices();
        if (Json)
        {
            var devices = new List<object> { new { name = cpu.Name, description = cpu.Description } };
            devices.AddRange(cuda.Select(facts => new
            {
                name = NameOf(facts), description = facts.Description, model = facts.Model, compute_capability = facts.ComputeCapability / 10.0,
                memory_bytes = facts.MemoryBytes, multiprocessors = facts.Multiprocessors, driver_version = facts.DriverVersion, emulator = facts.IsEmulator,
            }));
            Console.Out.WriteLine(JsonSerializer.Serialize(new { devices, no_cuda_because = whyNone }));
            return;
        }

        Console.Out.WriteLine($"{cpu.Name,-8} {cpu.Description}");
        foreach (CudaDeviceFacts facts in cuda)
            Console.Out.WriteLine($"{NameOf(facts),-8} {facts.Description}");
        if (whyNone is not null)
            Console.Error.WriteLine($"cuda     {whyNone}");
    }

    private static string NameOf(CudaDeviceFacts facts) => $"cuda:{facts.Ordinal}";

    private static (IReadOnlyList<CudaDeviceFacts> Devices, string? WhyNone) CudaDevices()
    {
        try
        {
            return (CudaDeviceFacts.OfThisMachine(), null);
        }
        catch (CudaUnavailableException e)
        {
            return ([], e.Message);
        }
    }
}
