using System.Globalization;
using System.Text;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>
/// The instructions of a kernel's PTX, counted statically: an instruction in a loop counts once. Read from the embedded text, so that a
/// profile needs no other tool. In damaged text, anything that should be a number and is not counts as 0.
/// </summary>
/// <param name="Instructions">All of them.</param>
/// <param name="FusedMultiplyAdds">fma of float32.</param>
/// <param name="MatrixInstructions">mma: a warp's product on the tensor cores.</param>
/// <param name="GlobalAccesses">ld.global, st.global and cp.async.</param>
/// <param name="SharedAccesses">ld.shared and st.shared.</param>
/// <param name="Barriers">bar.sync and barrier.sync.</param>
/// <param name="Branches">bra.</param>
/// <param name="Flops">One thread's float32 operations in fused multiply–adds and its share of the warp's matrix instructions.</param>
/// <param name="GlobalBytes">That one thread's global accesses move.</param>
public sealed record PtxInstructionMix(
    int Instructions, int FusedMultiplyAdds, int MatrixInstructions, int GlobalAccesses, int SharedAccesses, int Barriers, int Branches,
    double Flops, double GlobalBytes)
{
    private const int WarpSize = 32;

    /// <summary>Flops per byte of global memory, counted statically; 0 if no byte is moved.</summary>
    public double ArithmeticIntensity => GlobalBytes == 0 ? 0 : Flops / GlobalBytes;

    /// <summary>Every kernel of a module, by name.</summary>
    internal static IReadOnlyDictionary<string, PtxInstructionMix> Count(ReadOnlySpan<byte> ptx)
    {
        var kernels = new Dictionary<string, PtxInstructionMix>();
        foreach ((string kernel, IEnumerable<string> instructions) in PtxStatements.Kernels(Encoding.UTF8.GetString(ptx)))
            kernels[kernel] = instructions.Aggregate(new PtxInstructionMix(0, 0, 0, 0, 0, 0, 0, 0, 0),
                (mix, instruction) => mix.With(instruction));
        return kernels;
    }

    private PtxInstructionMix With(string instruction)
    {
        string[] words = instruction.Split((char[]?)null, 2)[0].Split('.');
        PtxInstructionMix next = this with { Instructions = Instructions + 1 };
        return words[0] switch
        {
            "fma" when words.Contains("f32") => next with { FusedMultiplyAdds = FusedMultiplyAdds + 1, Flops = Flops + 2 },
            "mma" => next with { MatrixInstructions = MatrixInstructions + 1, Flops = Flops + 2.0 * Extents(words) / WarpSize },
            "ld" or "st" when words.Contains("global") =>
                next with { GlobalAccesses = GlobalAccesses + 1, GlobalBytes = GlobalBytes + BytesOf(words) },
            "ld" or "st" or "ldmatrix"
                when words.Any(word => word.StartsWith("shared", StringComparison.Ordinal)) =>
                next with { SharedAccesses = SharedAccesses + 1 },
            "cp" when words.Contains("global") =>
                next with { GlobalAccesses = GlobalAccesses + 1, GlobalBytes = GlobalBytes + CopiedBytes(instruction) },
            "bar" or "barrier" => next with { Barriers = Barriers + 1 },
            "bra" => next with { Branches = Branches + 1 },
            _ => next,
        };
    }

    /// <summary>m·n·k of <c>m16n8k8</c>.</summary>
    private static int Extents(string[] words)
    {
        string shape = words.FirstOrDefault(word => word.StartsWith('m') && word.Length > 3 && char.IsAsciiDigit(word[1])) ?? "";
        return shape.Split('m', 'n', 'k').Where(part => part.Length > 0).Aggregate(1, (product, part) => product * Number(part));
    }

    private static int BytesOf(string[] words)
    {
        int count = words.Contains("v4") ? 4 : words.Contains("v2") ? 2 : 1;
        string type = words[^1];
        return count * Number(type[Math.Min(1, type.Length)..]) / 8;
    }

    /// <summary><c>cp.async.cg.shared.global [a], [b], 16;</c> names its bytes third.</summary>
    private static int CopiedBytes(string instruction) => Number(instruction.Split(',').ElementAtOrDefault(2));

    private static int Number(string? text)
        => int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture,
            out int number) ? number : 0;
}
