using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// Copies and fills as work of a stream. Host memory is read and written when the work is executed: when a graph is launched, not when it
/// is captured.
/// </summary>
internal static unsafe class MemoryWork
{
    /// <summary>The largest size of a span, in whole pages.</summary>
    private const ulong SpanBytes = 1 << 30;

    public static GraphNode CopyIn(ulong destination, nint source, ulong bytes)
    {
        Abi.Require(source != 0 || bytes == 0, "the source is null");
        return new MemoryNode(GraphNodeType.Copy, context =>
        {
            for (ulong at = 0; at < bytes; at += SpanBytes)
                context.Memory.CopyIn(destination + at, new ReadOnlySpan<byte>((byte*)source + at, (int)Math.Min(SpanBytes, bytes - at)));
        });
    }

    public static GraphNode CopyOut(nint destination, ulong source, ulong bytes)
    {
        Abi.Require(destination != 0 || bytes == 0, "the destination is null");
        return new MemoryNode(GraphNodeType.Copy, context =>
        {
            for (ulong at = 0; at < bytes; at += SpanBytes)
                context.Memory.CopyOut(new Span<byte>((byte*)destination + at, (int)Math.Min(SpanBytes, bytes - at)), source + at);
        });
    }

    public static GraphNode CopyWithin(ulong destination, ulong source, ulong bytes)
        => new MemoryNode(GraphNodeType.Copy, context => context.Memory.CopyWithin(destination, source, bytes));

    /// <summary>Copies between memories that the addresses determine: device memory of the context, otherwise host memory.</summary>
    public static GraphNode Copy(ulong destination, ulong source, ulong bytes) => new MemoryNode(GraphNodeType.Copy, context =>
    {
        bool toDevice = context.Memory.FindAllocation(destination) is not null,
            fromDevice = context.Memory.FindAllocation(source) is not null;
        if (!toDevice && !fromDevice)
        {
            Abi.Require((destination != 0 && source != 0) || bytes == 0, "the destination or the source is null");
            Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
            return;
        }

        GraphNode work = (toDevice, fromDevice) switch
        {
            (true, true) => CopyWithin(destination, source, bytes),
            (true, false) => CopyIn(destination, (nint)source, bytes),
            _ => CopyOut((nint)destination, source, bytes),
        };
        work.Run(context);
    });

    /// <summary>Copies from one context to another, possibly of another device, through host memory.</summary>
    public static GraphNode CopyBetween(ulong destination, DriverContext to, ulong source, DriverContext from, ulong bytes)
        => new MemoryNode(GraphNodeType.Copy, _ =>
    {
        if (to.Device == from.Device)
        {
            to.Memory.CopyWithin(destination, source, bytes);
            return;
        }

        byte[] piece = new byte[Math.Min(SpanBytes >> 8, bytes)];
        for (ulong at = 0; at < bytes; at += (ulong)piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min((ulong)piece.Length, bytes - at));
            from.Memory.CopyOut(part, source + at);
            to.Memory.CopyIn(destination + at, part);
        }
    });

    /// <summary>Rows of elements of 1, 2 or 4 bytes; the pitch is the distance between rows, in bytes.</summary>
    public static GraphNode Fill(ulong address, ulong pitch, uint pattern, int elementBytes, ulong width, ulong height)
        => new MemoryNode(GraphNodeType.Fill, context =>
    {
        for (ulong row = 0; row < height; row++)
            context.Memory.Fill(address + row * pitch, pattern, elementBytes, width);
    });

    /// <summary>CUDA_MEMCPY2D.</summary>
    public struct Rectangle
    {
        public nuint SourceX, SourceY;
        public int SourceType;
        public nint SourceHost;
        public ulong SourceDevice;
        public nint SourceArray;
        public nuint SourcePitch;
        public nuint DestinationX, DestinationY;
        public int DestinationType;
        public nint DestinationHost;
        public ulong DestinationDevice;
        public nint DestinationArray;
        public nuint DestinationPitch;
        public nuint Width, Height;
    }

    /// <summary>Rows of bytes between memories that may have different pitches.</summary>
    public static GraphNode Copy(Rectangle copy)
    {
        const int Host = 1, Device = 2, Unified = 4;
        Abi.Require(copy.SourceType is Host or Device or Unified
            && copy.DestinationType is Host or Device or Unified, "arrays are not supported, expected host, device or unified memory",
                CudaError.NotSupported);
        ulong sourcePitch = copy.SourcePitch == 0
            ? copy.Width : copy.SourcePitch, destinationPitch = copy.DestinationPitch == 0 ? copy.Width : copy.DestinationPitch;
        Abi.Require(sourcePitch >= copy.Width + copy.SourceX
            && destinationPitch >= copy.Width + copy.DestinationX, "a pitch is less than the bytes of a row");
        ulong source = (copy.SourceType == Host ? (ulong)copy.SourceHost : copy.SourceDevice) + copy.SourceY * sourcePitch + copy.SourceX;
        ulong destination = (copy.DestinationType == Host ? (ulong)copy.DestinationHost : copy.DestinationDevice) + copy.DestinationY
            * destinationPitch + copy.DestinationX;
        return new MemoryNode(GraphNodeType.Copy, context =>
        {
            for (ulong row = 0; row < copy.Height; row++)
            {
                ulong to = destination + row * destinationPitch, from = source + row * sourcePitch;
                GraphNode work = (copy.DestinationType, copy.SourceType) switch
                {
                    (Device, Device) => CopyWithin(to, from, copy.Width),
                    (Device, Host) => CopyIn(to, (nint)from, copy.Width),
                    (Host, Device) => CopyOut((nint)to, from, copy.Width),
                    _ => Copy(to, from, copy.Width),
                };
                work.Run(context);
            }
        });
    }
}
