using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

public class OpcodeFormTests
{
    internal static readonly OpcodeForm[] Forms = [.. IntegerForms.All(), .. BitForms.All(), .. FloatForms.All(), .. ConversionForms.All()];

    [Fact]
    public void Every_form_is_parsed_with_the_types_it_names()
    {
        List<string> wrong = [];
        foreach (OpcodeForm form in Forms)
        {
            try
            {
                PtxParser.Parse(OpcodeKernel.Create(form));
            }
            catch (PtxException error)
            {
                wrong.Add($"{form}: {error.Message}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(Forms.Length, Forms.Select(form => form.Code).Distinct().Count());
    }

    [Fact]
    public void Every_arithmetic_opcode_has_a_form_with_a_reference()
    {
        PtxOpcode[] elsewhere =
        [
            PtxOpcode.Activemask, PtxOpcode.Alloca, PtxOpcode.Applypriority, PtxOpcode.Atom, PtxOpcode.BarSync, PtxOpcode.BarArrive,
            PtxOpcode.BarRed, PtxOpcode.BarWarpSync, PtxOpcode.Bra, PtxOpcode.Brkpt, PtxOpcode.BrxIdx, PtxOpcode.Call,
            PtxOpcode.CpAsync, PtxOpcode.CpAsyncCommitGroup, PtxOpcode.CpAsyncWaitGroup, PtxOpcode.CpAsyncWaitAll, PtxOpcode.Createpolicy,
            PtxOpcode.Cvta, PtxOpcode.Discard, PtxOpcode.Elect, PtxOpcode.Exit, PtxOpcode.Fence,
            PtxOpcode.Griddepcontrol, PtxOpcode.Isspacep, PtxOpcode.Ld, PtxOpcode.Ldmatrix, PtxOpcode.Ldu, PtxOpcode.Match,
            PtxOpcode.Membar, PtxOpcode.Mma, PtxOpcode.Movmatrix, PtxOpcode.Nanosleep,
            PtxOpcode.Pmevent, PtxOpcode.Prefetch, PtxOpcode.Red, PtxOpcode.Redux, PtxOpcode.Ret, PtxOpcode.Setmaxnreg, PtxOpcode.Shfl,
            PtxOpcode.St, PtxOpcode.Stackrestore, PtxOpcode.Stacksave, PtxOpcode.Stmatrix, PtxOpcode.Trap, PtxOpcode.Vote,
            PtxOpcode.WmmaLoadA, PtxOpcode.WmmaLoadB, PtxOpcode.WmmaLoadC, PtxOpcode.WmmaMma, PtxOpcode.WmmaStoreD,
        ];
        HashSet<PtxOpcode> tested = [.. Forms.SelectMany(form =>
            PtxParser.Parse(OpcodeKernel.Create(form)).Functions[0].Instructions).Select(instruction => instruction.Opcode)];
        Assert.Empty(Enum.GetValues<PtxOpcode>().Except(elsewhere).Except(tested));
    }
}
