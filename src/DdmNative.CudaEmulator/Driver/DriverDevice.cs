using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>One of the driver's GPUs; its memory is there from the first context on.</summary>
internal sealed class DriverDevice(int ordinal, DriverSettings settings)
{
    private readonly Lazy<EmulatedDevice> _emulated = new(() => new EmulatedDevice(settings.Options));

    public int Ordinal { get; } = ordinal;

    public (int Major, int Minor) Capability { get; } = settings.Capability;

    public ulong TotalMemory { get; } = settings.Options.MemoryBytes;

    /// <summary>Calls on a device are done one after the other.</summary>
    public Lock Door { get; } = new();

    public EmulatedDevice Emulated => _emulated.Value;

    /// <summary>False where no context has been made: nothing was counted.</summary>
    public bool IsInUse => _emulated.IsValueCreated;

    /// <summary>The primary context, null unless retained.</summary>
    public DriverContext? Primary { get; set; }

    public int PrimaryReferences { get; set; }

    public uint PrimaryFlags { get; set; }

    public DriverMemoryPool DefaultPool { get; } = new(ordinal);

    public DriverMemoryPool? ChosenPool { get; set; }
}
