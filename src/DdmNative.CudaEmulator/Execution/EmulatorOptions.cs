using System.Globalization;
using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>The properties of one emulated GPU.</summary>
public sealed record EmulatorOptions
{
    public const string ChecksVariable = "DDM_CUDA_EMULATOR_CHECKS";
    public const string ThreadsVariable = "DDM_CUDA_EMULATOR_THREADS";
    public const string MemoryVariable = "DDM_CUDA_EMULATOR_MEMORY";
    public const string SeedVariable = "DDM_CUDA_EMULATOR_SEED";
    public const string InstructionLimitVariable = "DDM_CUDA_EMULATOR_INSTRUCTION_LIMIT";
    public const string MatrixSumsVariable = "DDM_CUDA_EMULATOR_MMA";

    /// <summary>Bytes of the device's memory; more cannot be allocated.</summary>
    public ulong MemoryBytes { get; init; } = 8UL << 30;

    /// <summary>Bytes of shared memory of a multiprocessor, as of sm_80: it limits how many blocks are resident.</summary>
    public int SharedBytesPerMultiprocessor { get; init; } = 164 << 10;

    /// <summary>Number of host threads that run blocks.</summary>
    public int HostThreads { get; init; } = Environment.ProcessorCount;

    public FaultChecks Checks { get; init; } = FaultChecks.All;

    /// <summary>
    /// Permutes the order of blocks and of the warps within each, to expose results that depend on it; null keeps them in order.
    /// </summary>
    public ulong? OrderSeed { get; init; }

    /// <summary>Warp instructions that one block may execute before it counts as an infinite loop.</summary>
    public long InstructionLimit { get; init; } = 2_000_000_000;

    /// <summary>The compute capability, which determines how tensor cores add.</summary>
    public (int Major, int Minor) Capability { get; init; } = (8, 0);

    /// <summary>How matrix instructions add products of floats.</summary>
    public MatrixSums MatrixSums { get; init; } = MatrixSums.Truncate;

    /// <summary>The destination of <c>printf</c> in kernels; null for standard output.</summary>
    public Action<string> Output { get; init; } = Print;

    /// <summary>Individual launches that the counters remember; kernels are always counted.</summary>
    public int KeptLaunches { get; init; }

    /// <summary>The defaults, overridden by the environment (the constants here are the variables' names).</summary>
    /// <exception cref="FormatException">The value of a variable is not valid.</exception>
    public static EmulatorOptions FromEnvironment()
    {
        EmulatorOptions options = new();
        if (Environment.GetEnvironmentVariable(ChecksVariable) is { Length: > 0 } checks)
            options = options with { Checks = FaultChecksText.Parse(checks) };
        if (Number(ThreadsVariable, 1, 1024) is { } threads)
            options = options with { HostThreads = (int)threads };
        if (Number(MemoryVariable, 1, 1UL << 50) is { } memory)
            options = options with { MemoryBytes = memory };
        if (Number(SeedVariable, 0, ulong.MaxValue) is { } seed)
            options = options with { OrderSeed = seed };
        if (Number(InstructionLimitVariable, 1, long.MaxValue) is { } limit)
            options = options with { InstructionLimit = (long)limit };
        if (Environment.GetEnvironmentVariable(MatrixSumsVariable) is { Length: > 0 } sums)
            options = options with { MatrixSums = ParseMatrixSums(sums) };
        return options;
    }

    private static MatrixSums ParseMatrixSums(string text) => text switch
    {
        "truncate" => MatrixSums.Truncate,
        "round" => MatrixSums.Round,
        _ => throw new FormatException($"{MatrixSumsVariable} is '{text}', expected truncate or round"),
    };

    private static void Print(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }

    private static ulong? Number(string variable, ulong least, ulong most)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text)
            return null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= least && value <= most
            ? value
            : throw new FormatException($"{variable} is '{text}', expected an integer from {least} to {most}");
    }
}
