using System.Globalization;
using System.Text.Json;
using CommandLine;
using DdmNative.Benchmarks.Cublas;
using DdmNative.Compute;
using DdmNative.Compute.ManagedCuda;
using ManagedCuda.CudaBlas;
using Math = System.Math;
using MathMode = ManagedCuda.CudaBlas.Math;

// Our matrix product beside cuBLAS's on the same device, through ManagedCuda: seconds, GFLOP/s, and the difference of the results.
const int done = 0, badUsage = 2, deviceTrouble = 4;
var jsonStyle = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
using var parser = new Parser(settings => settings.HelpWriter = Console.Error);
return parser.ParseArguments<Settings>(args).MapResult(Run, _ => badUsage);

int Run(Settings settings)
{
    try
    {
        return Compare(settings);
    }
    catch (FormatException e)
    {
        Console.Error.WriteLine($"cublas-comparison: {e.Message}");
        return badUsage;
    }
    catch (DeviceUnavailableException e)
    {
        Console.Error.WriteLine($"cublas-comparison: {e.Message}");
        return deviceTrouble;
    }
}

int Compare(Settings settings)
{
    LinearLayer[] layers = [.. settings.Sizes.Split(',').Select(LinearLayer.Parse)];
    if (settings.Precision is not ("fp32" or "tf32"))
        throw new FormatException($"--precision: found '{settings.Precision}', expected fp32 or tf32.");
    if (settings.Repeats < 1)
        throw new FormatException($"--repeats: found {settings.Repeats}, expected 1 or more.");
    using Device device = new ManagedCudaFamily().Open(settings.Device.ToString(CultureInfo.InvariantCulture), settings.Precision);
    Console.Out.WriteLine(device.Description);
    // CudaBlas has a Dispose method but does not implement IDisposable.
    CudaBlas? blas = Cublas(settings.Precision);
    try
    {
        List<Row> rows = Table(device, blas, layers, settings.Repeats);
        if (settings.Json is not null)
            File.WriteAllText(settings.Json, JsonSerializer.Serialize(rows, jsonStyle) + "\n");
    }
    finally
    {
        blas?.Dispose();
    }
    return blas is null ? deviceTrouble : done;
}

static List<Row> Table(Device device, CudaBlas? blas, LinearLayer[] layers, int repeats)
{
    Console.Out.WriteLine($"{"product",-20} {"ours",11} {"GFLOP/s",9}  {"cuBLAS",11} {"GFLOP/s",9}  {"ratio",6}  relative difference");
    var rows = new List<Row>();
    foreach (LinearLayer layer in layers)
    {
        Row row = Measure(device, blas, layer, repeats);
        rows.Add(row);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{row.Name,-20} {Microseconds(row.OursS),11} {layer.Flops / row.OursS / 1e9,9:0.0}  {Microseconds(row.CublasS),11} "
            + $"{layer.Flops / row.CublasS / 1e9,9:0.0}  {row.Ratio,6:0.00}  {row.RelativeError:0.0e+0}").TrimEnd());
    }
    return rows;

    static string Microseconds(double? seconds)
        => seconds is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.0} µs");
}

// Null if the library is missing; a message says so.
static CudaBlas? Cublas(string precision)
{
    try
    {
        return new CudaBlas { MathMode = precision == "tf32" ? MathMode.TF32TensorOpMath : MathMode.DefaultMath };
    }
    catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or CudaBlasException or TypeInitializationException)
    {
        Console.Error.WriteLine(
            $"cuBLAS cannot be used, ours alone is measured: {(e.InnerException ?? e).Message.Split('.', '\n')[0]}. ManagedCuda-CUBLAS 12 "
            + $"looks for libcublas.so (Windows: cublas64_12.dll) of the CUDA toolkit 12: install it, and put its folder into "
            + $"LD_LIBRARY_PATH.");
        return null;
    }
}

static Row Measure(Device device, CudaBlas? blas, LinearLayer layer, int repeats)
{
    var random = new Random(1);
    float[] samples = Normal(layer.Samples * layer.Inputs), weight = Normal(layer.Inputs * layer.Outputs);
    using var ours = new OurProduct(device, layer, samples, weight);
    float[] result = ours.Result();
    double seconds = ours.Seconds(repeats);
    if (blas is null)
        return new Row(layer.ToString(), seconds, null, null, null);
    using var theirs = new CublasProduct(blas, layer, samples, weight);
    float[] expected = theirs.Result();
    double theirSeconds = theirs.Seconds(repeats);
    double difference = Math.Sqrt(result.Zip(expected, (a, b) => ((double)a - b) * ((double)a - b)).Sum()),
        norm = Math.Sqrt(expected.Sum(value => (double)value * value));
    return new Row(layer.ToString(), seconds, theirSeconds, theirSeconds / seconds, difference / norm);

    float[] Normal(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
