using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using DdmNative.Compute.Cpu;

namespace DdmNative.Cli.Profiling;

/// <summary>
/// Writes tiles and plans in the Trace Event Format (JSON object form), which Perfetto and chrome://tracing open: one line per worker, and
/// one for the running plans.
/// </summary>
internal static class ChromeTrace
{
    private const int Process = 1;

    /// <summary>Tiles that computed no sample and took less than this time are preparations without any work.</summary>
    private const double LeastMicroseconds = 0.5;

    /// <param name="stream">The output, in UTF-8.</param>
    /// <param name="loops">The recording of each loop.</param>
    public static void Write(Stream stream, IReadOnlyList<(string Loop, TileRecorder Recorder)> loops)
    {
        long origin = loops.SelectMany(loop => loop.Recorder.Runs).Select(run => run.Started).DefaultIfEmpty().Min();
        int workers = loops.Max(loop => loop.Recorder.Tiles.Count);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        WriteName(json, "process_name", workers, "ddm");
        WriteName(json, "thread_name", workers, "plans");
        for (int worker = 0; worker < workers; worker++)
            WriteName(json, "thread_name", worker, $"worker {worker}");
        foreach ((string loop, TileRecorder recorder) in loops)
        {
            foreach (PlanRun run in recorder.Runs)
            {
                Begin(json, run.Name, loop, workers, origin, run.Started, run.Ended);
                json.WriteEndObject();
            }
            foreach (TileRun tile in recorder.Tiles.SelectMany(tiles => tiles))
                Tile(json, loop, origin, tile);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Tile(Utf8JsonWriter json, string loop, long origin, TileRun tile)
    {
        if (tile.SampleCount == 0 && Microseconds(tile.Started, tile.Ended) < LeastMicroseconds)
            return;
        Begin(json, tile.Call.Name, loop, tile.Worker, origin, tile.Started, tile.Ended);
        json.WriteStartObject("args");
        json.WriteString("layer", tile.Call.Shape);
        json.WriteNumber("member", tile.Member);
        json.WriteNumber("first_sample", tile.FirstSample);
        json.WriteNumber("samples", tile.SampleCount);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter json, string name, string category, int thread, long origin, long started, long ended)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteString("ph", "X");
        json.WriteNumber("ts", Microseconds(origin, started));
        json.WriteNumber("dur", Microseconds(started, ended));
        json.WriteNumber("pid", Process);
        json.WriteNumber("tid", thread);
    }

    private static void WriteName(Utf8JsonWriter json, string what, int thread, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", what);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", Process);
        json.WriteNumber("tid", thread);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static double Microseconds(long from, long to) => Math.Round(Stopwatch.GetElapsedTime(from, to).TotalMicroseconds, 3);
}
