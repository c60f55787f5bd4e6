using System.Numerics;
using System.Text;
using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Functions that the GPU's system provides to every kernel (CUDA C++ Programming Guide, 10.32 to 10.34): <c>vprintf</c>,
/// <c>__assertfail</c>, <c>malloc</c> and <c>free</c>. They write or allocate in the order of threads, so kernels that call them run their
/// blocks one after the other.
/// </summary>
internal static unsafe class SystemCalls
{
    private const int LongestText = 1 << 16;

    public static bool IsKnown(string name) => name is "vprintf" or "__assertfail" or "malloc" or "free";

    public static void Run(Warp warp, string name, CallSite call, int site, uint mask)
    {
        (int arguments, int results) = name switch { "vprintf" => (2, 1), "__assertfail" => (5, 0), "malloc" => (1, 1), _ => (1, 0) };
        if (call.Arguments.Length != arguments || call.Results.Length > results)
            throw warp.Fault(FaultKind.Trap, site, mask, null,
                $"a call of {name} with {call.Arguments.Length} arguments and {call.Results.Length} results, expected {arguments} and "
                + $"{results}");
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong Argument(int i) => CallTransfer.Read(warp, warp.Frame, warp.StackBase, call.Arguments[i], lane);
            ulong result = 0;
            switch (name)
            {
                case "vprintf":
                    result = (ulong)Print(warp, site, lane, Argument(0), Argument(1));
                    break;
                case "__assertfail":
                    string message = Text(warp, site, lane, Argument(0)), file = Text(warp, site, lane, Argument(1)),
                        function = Text(warp, site, lane, Argument(3));
                    throw warp.Fault(FaultKind.Assertion, site, 1u << lane, null,
                        $"{file}:{(uint)Argument(2)}: {function}: assertion `{message}' failed");
                case "malloc":
                    result = Allocate(warp, Argument(0));
                    break;
                default:
                    Free(warp, site, lane, Argument(0));
                    break;
            }

            if (call.Results.Length > 0)
                CallTransfer.Write(warp, warp.Frame, warp.StackBase, call.Results[0], lane, result);
        }
    }

    /// <summary>The address is null if no memory is left, as on a GPU.</summary>
    private static ulong Allocate(Warp warp, ulong bytes)
    {
        try
        {
            return bytes == 0 ? 0 : warp.Runner.Launch.Device.Memory.Allocate(bytes, "malloc").Address;
        }
        catch (EmulatorException error) when (error.Code == CudaError.OutOfMemory)
        {
            return 0;
        }
    }

    private static void Free(Warp warp, int site, int lane, ulong address)
    {
        if (address == 0)
            return;
        DeviceMemory memory = warp.Runner.Launch.Device.Memory;
        if (memory.Find(address) is not { Name: "malloc", IsFreed: false } found || found.Address != address)
            throw warp.Fault(
                FaultKind.Trap, site, 1u << lane, null,
                $"free of 0x{address:x}, expected an address that malloc returned and that is not freed yet");
        memory.Free(address);
    }

    /// <summary>
    /// Arguments are stored one after the other, each at a multiple of its size: 4 bytes, or 8 for doubles, pointers and long integers.
    /// </summary>
    private static int Print(Warp warp, int site, int lane, ulong format, ulong arguments)
    {
        ulong next = arguments;
        ulong Next(int bytes)
        {
            next = (next + (ulong)bytes - 1) / (ulong)bytes * (ulong)bytes;
            byte* at = warp.Pointer(site, lane, next, bytes);
            next += (ulong)bytes;
            return bytes == 8 ? *(ulong*)at : *(uint*)at;
        }

        string text = PrintfFormat.Write(Text(warp, site, lane, format), Next, address => Text(warp, site, lane, address), out int count);
        warp.Runner.Launch.Device.Options.Output(text);
        return count;
    }

    /// <summary>A zero-terminated string at a generic address.</summary>
    private static string Text(Warp warp, int site, int lane, ulong address)
    {
        if (address == 0)
            return "(null)";
        List<byte> bytes = [];
        while (bytes.Count < LongestText && *warp.Pointer(site, lane, address + (ulong)bytes.Count, 1) is var one and not 0)
            bytes.Add(one);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
