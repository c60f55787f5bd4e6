using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>One of the driver's GPUs; its memory is created with the first context.</summary>
internal sealed class DriverDevice(int ordinal, DriverSettings settings)
{
    private readonly Lazy<EmulatedDevice> _emulated = new(() => new EmulatedDevice(settings.Options));

    public int Ordinal { get; } = ordinal;

    public (int Major, int Minor) Capability { get; } = settings.Capability;

    public ulong TotalMemory { get; } = settings.Options.MemoryBytes;

    /// <summary>Serialises the calls on a device.</summary>
    public Lock Lock { get; } = new();

    public EmulatedDevice Emulated => _emulated.Value;

    /// <summary>False if no context has been created: nothing was counted.</summary>
    public bool IsInUse => _emulated.IsValueCreated;

    /// <summary>The primary context; null if it is not retained.</summary>
    public DriverContext? Primary { get; set; }

    public int PrimaryReferences { get; set; }

    public uint PrimaryFlags { get; set; }

    public DriverMemoryPool DefaultPool { get; } = new(ordinal);

    public DriverMemoryPool? ChosenPool { get; set; }
}
