using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdmNative.SideBySide;

/// <summary>
/// PyTorch's or TorchSharp's side: a process that answers each line, a JSON object, with another. It runs only on request.
/// </summary>
internal sealed class TorchWorker : IDisposable
{
    private static readonly string[] LibrarySettings = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA",
        "ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS"];

    private readonly Process _process;
    private readonly string _side;

    private TorchWorker(string side, int threads, string program, params IEnumerable<string> arguments)
    {
        _side = side;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        string text = threads.ToString(CultureInfo.InvariantCulture);
        foreach (string argument in (string[])[.. arguments, "--threads", text])
            start.ArgumentList.Add(argument);
        // The libraries choose their code themselves, and use the same number of threads as everything else.
        foreach (string name in LibrarySettings)
            start.Environment.Remove(name);
        if (Avx2Limit.IsWanted)
            Avx2Limit.Apply(start.Environment);
        start.Environment["OPENBLAS_NUM_THREADS"] = start.Environment["OMP_NUM_THREADS"] = text;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Version = Ask(new JsonObject { ["hello"] = true })["torch"]!.GetValue<string>();
    }

    /// <summary>The version of PyTorch, or of TorchSharp with its libtorch and device.</summary>
    public string Version { get; }

    /// <summary>PyTorch's, in Python.</summary>
    public static TorchWorker PyTorch(Settings settings, int threads)
        => new("PyTorch", threads, settings.Python, settings.Worker, "--data", settings.Data);

    /// <summary>TorchSharp's: benchmarks/DdmNative.Benchmarks.TorchSharp, which build/torchsharp-worker.sh builds.</summary>
    public static TorchWorker TorchSharp(Settings settings, int threads)
        => new("TorchSharp", threads, "dotnet", settings.TorchSharp!, "--data", settings.Data, "--device", settings.TorchSharpDevice);

    /// <summary>Builds a workload and warms it up; returns the variant that will run.</summary>
    /// <param name="work">The workload.</param>
    /// <param name="probe">Whether to time all variants and keep the fastest.</param>
    /// <param name="variant">The variant to use, if it is already known.</param>
    public (string Variant, IReadOnlyDictionary<string, double> Probed) Prepare(JsonObject work, bool probe, string? variant = null)
    {
        JsonNode answer = Ask(new JsonObject { ["prepare"] = work.DeepClone(), ["probe"] = probe, ["variant"] = variant });
        return (answer["variant"]!.GetValue<string>(), answer["probed"].Deserialize<Dictionary<string, double>>()!);
    }

    /// <summary>Seconds of each run.</summary>
    public double[] Run(int times) => Ask(new JsonObject { ["run"] = times })["seconds"].Deserialize<double[]>()!;

    /// <summary>Frees the memory of the prepared workload, so that another process can have it.</summary>
    public void Release() => Ask(new JsonObject { ["release"] = true });

    /// <summary>Resets the peak, so that the creation of inputs does not count.</summary>
    public void ResetPeak() => Ask(new JsonObject { ["reset_peak"] = true });

    /// <summary>The most memory that the whole process had resident so far.</summary>
    public long PeakBytes() => Ask(new JsonObject { ["peak"] = true })["peak_bytes"]!.GetValue<long>();

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill();
        _process.Dispose();
    }

    private JsonNode Ask(JsonObject request)
    {
        _process.StandardInput.WriteLine(request.ToJsonString());
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{_side}'s process ended; its last output is above.");
        JsonNode answer = JsonNode.Parse(line)!;
        return answer["error"] is JsonNode error ? throw new InvalidOperationException($"{_side}: {error}") : answer;
    }
}
