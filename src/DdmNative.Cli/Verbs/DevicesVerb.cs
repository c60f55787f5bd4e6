using CommandLine;
using DdmNative.Cli.Output;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli.Verbs;

[Verb("devices", HelpText = "List the devices that --device understands.")]
internal sealed class DevicesVerb : VerbOptions
{
    public override void Execute(CancellationToken stop)
    {
        using Device cpu = DeviceList.Open("cpu", threads: null);
        (IReadOnlyList<CudaDeviceFacts> cuda, string? whyNone) = Ask(CudaDeviceFacts.ReadAll);
        (string Name, IReadOnlyList<DeviceListing> Devices, string? WhyNone)[] families =
            [.. DeviceFamilies.BuiltIn.Select(family => (family, Asked: Ask(family.ListDevices)))
            .Select(row => (row.family.Name, row.Asked.Devices, row.Asked.WhyNone))];
        if (Json)
        {
            var devices = new List<object> { new { name = cpu.Name, description = cpu.Description } };
            devices.AddRange(cuda.Select(facts => new
            {
                name = NameOf(facts), description = facts.Description, model = facts.Model,
                compute_capability = facts.ComputeCapability / 10.0,
                memory_bytes = facts.MemoryBytes, multiprocessors = facts.Multiprocessors, driver_version = facts.DriverVersion,
                emulator = facts.IsEmulator,
            }));
            devices.AddRange(families.SelectMany(family => family.Devices)
                .Select(listing => new { name = listing.Name, description = listing.Description }));
            JsonResult.Write(new
            {
                devices,
                no_cuda_because = whyNone,
                none_of_family_because = families.Where(family => family.WhyNone is not null)
                .ToDictionary(family => family.Name, family => family.WhyNone),
            });
            return;
        }

        List<(string Name, string Description)> lines = [(cpu.Name, cpu.Description),
            .. cuda.Select(facts => (NameOf(facts), facts.Description))];
        lines.AddRange(families.SelectMany(family => family.Devices).Select(listing => (listing.Name, listing.Description)));
        List<(string Name, string Description)> missing = whyNone is null ? [] : [("cuda", whyNone)];
        missing.AddRange(families.Where(family => family.WhyNone is not null).Select(family => (family.Name, family.WhyNone!)));
        int width = Math.Max(8, lines.Concat(missing).Max(line => line.Name.Length));
        foreach ((string name, string description) in lines)
            Console.Out.WriteLine($"{name.PadRight(width)} {description}");
        foreach ((string name, string why) in missing)
            Console.Error.WriteLine($"{name.PadRight(width)} {why}");
    }

    private static string NameOf(CudaDeviceFacts facts) => $"cuda:{facts.Ordinal}";

    private static (IReadOnlyList<T> Devices, string? WhyNone) Ask<T>(Func<IReadOnlyList<T>> family)
    {
        try
        {
            return (family(), null);
        }
        catch (DeviceUnavailableException e)
        {
            return ([], e.Message);
        }
    }
}
