using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// CU_POINTER_ATTRIBUTE_…: the driver's information about an address in the context's device memory or in page-locked host memory.
/// </summary>
internal static unsafe class PointerAttributes
{
    private const int Context = 1, MemoryType = 2, DevicePointer = 3, HostPointer = 4, BufferId = 7, IsManaged = 8,
        DeviceOrdinal = 9, RangeStart = 11, RangeBytes = 12, Mapped = 13;

    private const uint HostType = 1, DeviceType = 2;

    /// <summary>Bytes of an attribute's value.</summary>
    public static int Bytes(int attribute) => attribute is MemoryType or IsManaged or DeviceOrdinal or Mapped ? 4 : 8;

    /// <summary>Writes an attribute's value; false if the driver does not know the address.</summary>
    /// <exception cref="EmulatorException">There is no such attribute, or the emulator does not support it.</exception>
    public static bool TryWrite(DriverContext context, int attribute, ulong address, void* data)
    {
        (ulong Address, ulong Bytes)? device = context.Memory.FindAllocation(address);
        (nint Memory, nuint Bytes, uint Flags)? host = device is null ? HostMemory.Find((nint)address) : null;
        if (device is null && host is null)
            return false;
        // A device never reuses addresses, so the first address of an allocation is its id.
        ulong start = device?.Address ?? (ulong)host!.Value.Memory;
        switch (attribute)
        {
            case Context:
                *(nint*)data = context.Handle;
                break;
            case MemoryType:
                *(uint*)data = device is null ? HostType : DeviceType;
                break;
            case DevicePointer when device is not null:
            case HostPointer when host is not null:
                *(ulong*)data = address;
                break;
            case BufferId or RangeStart:
                *(ulong*)data = start;
                break;
            case IsManaged:
                *(int*)data = 0;
                break;
            case DeviceOrdinal:
                *(int*)data = context.Device.Ordinal;
                break;
            case RangeBytes:
                *(ulong*)data = device?.Bytes ?? host!.Value.Bytes;
                break;
            case Mapped:
                // Whether it is in a mapped address range, as every address is that is not a reservation.
                *(int*)data = 1;
                break;
            case DevicePointer or HostPointer:
                throw new EmulatorException(CudaError.InvalidValue, $"0x{address:x} cannot be accessed from the other side");
            default:
                CudaError code = attribute is >= 1 and <= 21 ? CudaError.NotSupported : CudaError.InvalidValue;
                throw new EmulatorException(code, $"pointer attribute {attribute}");
        }

        return true;
    }
}
