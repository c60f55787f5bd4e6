using System.Runtime.InteropServices;
using System.Text;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver.Exports;

/// <summary>
/// Initialisation, version and devices (CUDA Driver API, "Initialization", "Version Management", "Device Management"). Names and signatures
/// are those of cuda.h.
/// </summary>
internal static unsafe class DeviceExports
{
    [UnmanagedCallersOnly(EntryPoint = "cuInit")]
    public static CudaError cuInit(uint flags) => Abi.Free(() =>
    {
        Abi.Require(flags == 0, "cuInit requires flags of 0");
        EmulatedDriver.Initialise();
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDriverGetVersion")]
    public static CudaError cuDriverGetVersion(int* version)
    => Abi.Free(() => *Abi.Required(version, nameof(version)) = EmulatedDriver.Version);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetCount")]
    public static CudaError cuDeviceGetCount(int* count)
    => Abi.Call(() => *Abi.Required(count, nameof(count)) = EmulatedDriver.Devices.Count);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGet")]
    public static CudaError cuDeviceGet(int* device, int ordinal)
    => Abi.Call(() => *Abi.Required(device, nameof(device)) = EmulatedDriver.Device(ordinal).Ordinal);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetName")]
    public static CudaError cuDeviceGetName(byte* name, int length, int device) => Abi.Call(() =>
    {
        EmulatedDriver.Device(device);
        Abi.Require(name != null && length > 0, "no room for the name");
        CopyText(CounterReport.Device, name, length);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceTotalMem_v2")]
    public static CudaError cuDeviceTotalMem(nuint* bytes, int device)
        => Abi.Call(() => *Abi.Required(bytes, nameof(bytes)) = (nuint)EmulatedDriver.Device(device).TotalMemory);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetAttribute")]
    public static CudaError cuDeviceGetAttribute(int* value, int attribute, int device)
        => Abi.Call(() => *Abi.Required(value, nameof(value)) = DeviceAttributes.Read(EmulatedDriver.Device(device), attribute));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceComputeCapability")]
    public static CudaError cuDeviceComputeCapability(int* major, int* minor, int device)
        => Abi.Call(() => (*Abi.Required(major, nameof(major)), *Abi.Required(minor, nameof(minor))) = EmulatedDriver.Device(
            device).Capability);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetUuid")]
    public static CudaError cuDeviceGetUuid(byte* uuid, int device) => Abi.Call(() => WriteUuid(uuid, device));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetUuid_v2")]
    public static CudaError cuDeviceGetUuidOfInstance(byte* uuid, int device) => Abi.Call(() => WriteUuid(uuid, device));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetPCIBusId")]
    public static CudaError cuDeviceGetPCIBusId(byte* text, int length, int device) => Abi.Call(() =>
    {
        Abi.Require(text != null && length > 0, "no room for the bus id");
        CopyText(BusId(EmulatedDriver.Device(device)), text, length);
    });

    /// <summary>Finds a device by its bus id, as cuDeviceGetPCIBusId returns it; the domain and the function may be left out.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetByPCIBusId")]
    public static CudaError cuDeviceGetByPCIBusId(int* device, byte* text) => Abi.Call(() =>
    {
        Abi.Require(device != null && text != null, "the device or the text is null");
        string wanted = Marshal.PtrToStringUTF8((nint)text)!.ToUpperInvariant();
        DriverDevice? found = EmulatedDriver.Devices.FirstOrDefault(
            each => BusId(each) is var id && (wanted == id || wanted == id[5..] || wanted == id[..^2]));
        *device = (found ?? throw new EmulatorException(CudaError.InvalidDevice, $"there is no device at '{wanted}'")).Ordinal;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetP2PAttribute")]
    public static CudaError cuDeviceGetP2PAttribute(int* value, int attribute, int device, int peer) => Abi.Call(() =>
    {
        Abi.Require(attribute is >= 1 and <= 4, $"{attribute} is not an attribute of two devices, expected 1 to 4");
        Abi.Require(EmulatedDriver.Device(device) != EmulatedDriver.Device(peer), "both devices are the same", CudaError.InvalidDevice);
        *Abi.Required(value, nameof(value)) = 0;
    });

    /// <summary>CUexecAffinityType: shares of multiprocessors, which the emulator does not support.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetExecAffinitySupport")]
    public static CudaError cuDeviceGetExecAffinitySupport(int* supported, int type, int device) => Abi.Call(() =>
    {
        EmulatedDriver.Device(device);
        Abi.Require(type == 0, $"{type} is not a kind of affinity");
        *Abi.Required(supported, nameof(supported)) = 0;
    });

    /// <summary>CUdevprop: ten of the attributes.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetProperties")]
    public static CudaError cuDeviceGetProperties(int* properties, int device) => Abi.Call(() =>
    {
        Abi.Required(properties, nameof(properties));
        DriverDevice asked = EmulatedDriver.Device(device);
        foreach (int attribute in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
            *properties++ = DeviceAttributes.Read(asked, attribute);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceCanAccessPeer")]
    public static CudaError cuDeviceCanAccessPeer(int* can, int device, int peer) => Abi.Call(() =>
    {
        EmulatedDriver.Device(device);
        EmulatedDriver.Device(peer);
        *Abi.Required(can, nameof(can)) = 0;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetDefaultMemPool")]
    public static CudaError cuDeviceGetDefaultMemPool(nint* pool, int device)
        => Abi.Call(() => *Abi.Required(pool, nameof(pool)) = EmulatedDriver.Device(device).DefaultPool.Handle);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetMemPool")]
    public static CudaError cuDeviceGetMemPool(nint* pool, int device) => Abi.Call(() =>
    {
        DriverDevice chosen = EmulatedDriver.Device(device);
        *Abi.Required(pool, nameof(pool)) = (chosen.ChosenPool ?? chosen.DefaultPool).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceSetMemPool")]
    public static CudaError cuDeviceSetMemPool(int device, nint pool)
        => Abi.Call(() => EmulatedDriver.Device(device).ChosenPool = HandleTable.Get<DriverMemoryPool>(pool, CudaError.InvalidValue));

    private static string BusId(DriverDevice device) => $"0000:{device.Ordinal + 1:X2}:00.0";

    private static void WriteUuid(byte* uuid, int device)
    {
        int ordinal = EmulatedDriver.Device(device).Ordinal;
        Span<byte> bytes = new(Abi.Required(uuid, nameof(uuid)), 16);
        "DdmNative emu"u8.CopyTo(bytes);
        bytes[13..].Clear();
        bytes[15] = (byte)ordinal;
    }

    /// <summary>Copies as much of the text as fits, with a zero at the end.</summary>
    private static void CopyText(string text, byte* to, int length)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int count = Math.Min(bytes.Length, length - 1);
        bytes.AsSpan(0, count).CopyTo(new Span<byte>(to, count));
        to[count] = 0;
    }
}
