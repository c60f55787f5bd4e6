using System.Text;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>One warp that applies matrix instructions to registers: each lane loads its own row of words and stores another.</summary>
internal static class MatrixKernel
{
    /// <summary>Runs a body on 32 lanes and returns what they stored, lane after lane.</summary>
    /// <param name="body">PTX: registers <c>%w0…</c> of 32 bits hold the lane's words, <c>%o0…</c> of 32 bits are stored; <c>%x0…</c> and
    /// <c>%y0…</c> are of 64 bits, <c>%m</c> is the address of 2048 bytes of shared memory.</param>
    /// <param name="words">The words of all lanes, the same number for each lane.</param>
    /// <param name="results">Number of words that each lane stores.</param>
    public static uint[] Run(string body, uint[] words, int results)
    {
        int given = words.Length / 32;
        StringBuilder text = new(OpcodeKernel.Heading);
        text.Append(".visible .entry op(.param .u64 in, .param .u64 out)\n{\n.reg .b32 %t<4>;\n.reg .b64 %a<4>;\n.reg .b32 %m;\n.shared "
            + ".align 128 .b8 memory[2048];\n");
        text.Append($".reg .b32 %w<{given + 1}>;\n.reg .b32 %o<{results + 1}>;\n.reg .b64 %x<40>;\n.reg .b64 %y<40>;\nmov.u32 %m, "
            + $"memory;\nmov.u32 %t0, %tid.x;\n");
        text.Append($"ld.param.u64 %a0, [in]; mad.wide.u32 %a0, %t0, {4 * given}, %a0;\nld.param.u64 %a1, [out]; mad.wide.u32 %a1, %t0, "
            + $"{4 * results}, %a1;\n");
        for (int i = 0; i < given; i++)
            text.Append($"ld.global.b32 %w{i}, [%a0+{4 * i}];\n");
        text.Append(body).Append('\n');
        for (int i = 0; i < results; i++)
            text.Append($"st.global.b32 [%a1+{4 * i}], %o{i};\n");
        uint[] found = new uint[32 * results];
        EmulatedKernel.Run(text.Append("ret;\n}\n").ToString(), "op", (1, 1, 1), (32, 1, 1), 0, words, found);
        return found;
    }

    /// <summary><c>{%w4, %w5}</c></summary>
    public static string Registers(string prefix, int first, int count)
        => $"{{{string.Join(", ", Enumerable.Range(first, count).Select(i => $"%{prefix}{i}"))}}}";
}
