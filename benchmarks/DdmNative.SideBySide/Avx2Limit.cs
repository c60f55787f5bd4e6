using System.Runtime.Intrinsics.X86;

namespace DdmNative.SideBySide;

/// <summary>
/// Limits the opponents to AVX2 when ours may not use the AVX-512 that the machine has (<c>DOTNET_EnableAVX512=0</c>): all sides then work
/// as on a machine without AVX-512. On such a machine there is nothing to limit, and every library chooses its code itself.
/// </summary>
internal static class Avx2Limit
{
    /// <summary>Whether the machine has AVX-512 and this process does not use it.</summary>
    public static bool IsWanted => X86Base.IsSupported && !Avx512F.IsSupported && MachineHasAvx512;

    // Leaf 7 of CPUID, register EBX, bit 16: AVX-512F, whatever .NET is told to use.
    private static bool MachineHasAvx512 => X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ebx & 1 << 16) != 0;

    /// <summary>Sets the variables that the libraries read when a process starts.</summary>
    public static void Apply(IDictionary<string, string?> environment)
    {
        environment["ONEDNN_MAX_CPU_ISA"] = "AVX2";
        environment["ATEN_CPU_CAPABILITY"] = "avx2";
        environment["MKL_ENABLE_INSTRUCTIONS"] = "AVX2";
        environment["OPENBLAS_CORETYPE"] = "Haswell";
    }
}
