using System.Text;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>PTX that applies forms to values in memory: slots of 8 bytes, one row of them per thread.</summary>
internal static class OpcodeKernel
{
    public const string Heading = ".version 8.3\n.target sm_90\n.address_size 64\n";

    /// <summary>
    /// A kernel <c>op(in, out)</c>: thread i reads its sources from in + 32 i and writes the result to out + 8 i, zero-extended.
    /// </summary>
    public static string Create(OpcodeForm form)
    {
        StringBuilder text = new(Heading);
        text.Append(".visible .entry op(.param .u64 in, .param .u64 out)\n{\n.reg .b32 %t<4>;\n.reg .b64 %a<8>;\n");
        text.Append("mov.u32 %t0, %ctaid.x; mov.u32 %t1, %ntid.x; mov.u32 %t2, %tid.x; mad.lo.u32 %t0, %t0, %t1, %t2;\n");
        text.Append("ld.param.u64 %a0, [in]; cvta.to.global.u64 %a0, %a0; mad.wide.u32 %a0, %t0, 32, %a0;\nld.param.u64 %a1, [out]; "
            + "cvta.to.global.u64 %a1, %a1; mad.wide.u32 %a1, %t0, 8, %a1;\n");
        for (int i = 0; i < form.Sources.Length; i++)
            text.Append(Declare($"%s{i}", form.Sources[i])).Append(Load($"%s{i}", form.Sources[i], "%a0", 8 * i));
        text.Append(Declare("%d", form.Result));
        text.Append(form.Written("%d", [.. Enumerable.Range(0, form.Sources.Length).Select(i => $"%s{i}")])).Append('\n');
        return text.Append(Store("%d", form.Result, "%a1", 0)).Append("ret;\n}\n").ToString();
    }

    public static string Declare(string register, PtxType type) => $".reg .{RegisterType(type)} {register};\n";

    public static string Load(string register, PtxType type, string address, int offset) => type == PtxType.Pred
        ? $"ld.global.u32 %t3, [{address}+{offset}]; setp.ne.u32 {register}, %t3, 0;\n"
        : $"ld.global.{RegisterType(type)} {register}, [{address}+{offset}];\n";

    public static string Store(string register, PtxType type, string address, int offset)
    {
        string widen = type == PtxType.Pred
            ? $"selp.u64 %a7, 1, 0, {register};" : RegisterType(type) == "b64"
                ? $"mov.b64 %a7, {register};" : $"cvt.u64.u{RegisterType(type)[1..]} %a7, {register};";
        return $"{widen} st.global.u64 [{address}+{offset}], %a7;\n";
    }

    public static string RegisterType(PtxType type) => type == PtxType.Pred ? "pred" : $"b{8 * Math.Max(2, type.ByteSize())}";
}
