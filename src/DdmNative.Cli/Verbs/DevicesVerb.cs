using System.Text.Json;
using CommandLine;
using DdmNative.Compute;

namespace DdmNative.Cli.Verbs;

[Verb("devices", HelpText = "List the devices that --device understands.")]
internal sealed class DevicesVerb : IVerb
{
    [Option("json", HelpText = "Print one JSON object.")]
    public bool Json { get; set; }

    public void Run(CancellationToken stop)
    {
        var devices = new List<object>();
        foreach (string name in DeviceList.Names)
        {
            using Device device = DeviceList.Open(name, threads: null);
            if (Json)
                devices.Add(new { name = device.Name, description = device.Description });
            else
                Console.Out.WriteLine($"{device.Name,-8} {device.Description}");
        }

        if (Json)
            Console.Out.WriteLine(JsonSerializer.Serialize(new { devices }));
    }
}
