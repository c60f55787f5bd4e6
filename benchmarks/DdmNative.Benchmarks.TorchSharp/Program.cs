using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CommandLine;
using DdmNative.Benchmarks.TorchSharp;
using DdmNative.SideBySide;
using static TorchSharp.torch;
using Settings = DdmNative.Benchmarks.TorchSharp.Settings;

// TorchSharp's side of the side-by-side benchmark: a process that executes commands, one JSON object a line, in the protocol of
// benchmarks/pytorch/worker.py.
return new Parser(settings => settings.HelpWriter = Console.Error).ParseArguments<Settings>(args).MapResult(Serve, _ => 2);

int Serve(Settings settings)
{
    TextWriter answers = Console.Out;
    Console.SetOut(Console.Error);
    KeepFreedMemory();
    Workloads? workloads = null;
    Work? work = null;
    for (string? line = Console.In.ReadLine(); line is not null; line = Console.In.ReadLine())
    {
        JsonObject answer;
        try
        {
            workloads ??= Start(settings);
            answer = Answer(JsonNode.Parse(line)!.AsObject(), workloads, ref work);
        }
        catch (Exception problem)
        {
            // Reported to the other side, which ends the comparison.
            answer = new JsonObject { ["error"] =
                $"{problem.GetType().Name}: {(problem.InnerException ?? problem).Message.Split('\n')[0]}" };
        }
        answers.WriteLine(answer.ToJsonString());
        answers.Flush();
    }
    return 0;
}

Workloads Start(Settings settings)
{
    var target = device(settings.Device);
    if (target.type == TorchSharp.DeviceType.CUDA && !cuda.is_available())
        throw new InvalidOperationException(
            $"--device {settings.Device}: this libtorch finds no CUDA device; build with -p:LibTorch=cuda on a machine with an "
            + "NVIDIA GPU.");
    set_num_threads(settings.Threads);
    set_num_interop_threads(settings.Threads);
    manual_seed(0);
    return new Workloads(target, new FashionMnist(settings.Data));
}

JsonObject Answer(JsonObject request, Workloads workloads, ref Work? work)
{
    if (request["prepare"] is JsonObject asked)
    {
        work = null;
        GC.Collect();
        (Variant chosen, work, Dictionary<string, double> probed) = Choose(workloads.Of(asked), workloads,
            request["probe"]?.GetValue<bool>() ?? false, request["variant"]?.GetValue<string>());
        return new JsonObject { ["variant"] = chosen.Name, ["probed"] = JsonSerializer.SerializeToNode(probed) };
    }
    if (request["run"] is JsonNode times)
    {
        Work ready = work ?? throw new InvalidOperationException("nothing is prepared");
        return new JsonObject { ["seconds"] = new JsonArray(
            [.. Enumerable.Range(0, times.GetValue<int>()).Select(_ => (JsonNode)workloads.Seconds(ready, isShort: false))]) };
    }
    if (request["release"] is not null)
    {
        work = null;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (OperatingSystem.IsLinux())
            _ = GlibcMemory.malloc_trim(0);
        return [];
    }
    if (request["reset_peak"] is not null)
    {
        File.WriteAllText("/proc/self/clear_refs", "5");
        return [];
    }
    return request["peak"] is not null
        ? new JsonObject { ["peak_bytes"] = PeakBytes() }
        : new JsonObject { ["torch"] =
            $"{__version__} of TorchSharp {typeof(Tensor).Assembly.GetName().Version!.ToString(3)}, {workloads.Device}",
            ["threads"] = get_num_threads() };
}

// The named variant, the fastest or the first; a variant that this libtorch does not support is skipped.
(Variant Chosen, Work Work, Dictionary<string, double> Probed) Choose(IReadOnlyList<Variant> variants, Workloads workloads, bool probe,
    string? name)
{
    if (!probe)
    {
        Variant named = variants.FirstOrDefault(variant => variant.Name == name) ?? variants[0];
        Work only = named.Build();
        only(true);
        return (named, only, []);
    }
    (Variant Variant, Work Work)? best = null;
    var seconds = new Dictionary<string, double>();
    foreach (Variant variant in variants)
    {
        try
        {
            Work built = variant.Build();
            built(true);
            seconds[variant.Name] = Math.Min(workloads.Seconds(built, isShort: true), workloads.Seconds(built, isShort: true));
            if (best is null || seconds[variant.Name] < seconds[best.Value.Variant.Name])
                best = (variant, built);
        }
        catch (ExternalException problem)
        {
            Console.Error.WriteLine($"{variant.Name}: {problem.Message.Split('\n')[0]}");
        }
    }
    return best is null ? throw new InvalidOperationException("no variant can be run") : (best.Value.Variant, best.Value.Work, seconds);
}

static long PeakBytes()
{
    string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
    return long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
}

// glibc keeps freed memory, as in PyTorch's worker: this avoids page faults on every large tensor. Otherwise glibc
// maps each tensor above 32 MiB anew, unless an earlier row left a free block of that size.
static void KeepFreedMemory()
{
    const int trimThreshold = -1, mmapMaximum = -4; // M_TRIM_THRESHOLD, M_MMAP_MAX of <malloc.h>
    if (OperatingSystem.IsLinux()
        && (GlibcMemory.mallopt(mmapMaximum, 0) == 0 || GlibcMemory.mallopt(trimThreshold, -1) == 0))
        Console.Error.WriteLine("mallopt refused its settings: the figures are those of the allocator as installed.");
}
