namespace DdmNative.CudaEmulator.Ptx;

/// <summary>The names of special registers in PTX.</summary>
internal static class PtxSpecialRegisterNames
{
    private static readonly Dictionary<string, PtxSpecialRegisterOperand> Names = Read();
    private static readonly Dictionary<string, PtxSpecialRegisterOperand>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        Names.GetAlternateLookup<ReadOnlySpan<char>>();

    public static PtxSpecialRegisterOperand? Find(ReadOnlySpan<char> name)
        => BySpan.TryGetValue(name, out PtxSpecialRegisterOperand? found) ? found : null;

    private static Dictionary<string, PtxSpecialRegisterOperand> Read()
    {
        Dictionary<string, PtxSpecialRegisterOperand> names = [];
        foreach (PtxSpecialRegister register in Enum.GetValues<PtxSpecialRegister>())
            names[Written(register)] = new PtxSpecialRegisterOperand(register);
        return names;
    }

    private static string Written(PtxSpecialRegister register) => register switch
    {
        PtxSpecialRegister.LanemaskEq => "%lanemask_eq",
        PtxSpecialRegister.LanemaskLe => "%lanemask_le",
        PtxSpecialRegister.LanemaskLt => "%lanemask_lt",
        PtxSpecialRegister.LanemaskGe => "%lanemask_ge",
        PtxSpecialRegister.LanemaskGt => "%lanemask_gt",
        PtxSpecialRegister.ClockHi => "%clock_hi",
        PtxSpecialRegister.GlobalTimerLo => "%globaltimer_lo",
        PtxSpecialRegister.GlobalTimerHi => "%globaltimer_hi",
        PtxSpecialRegister.DynamicSharedSize => "%dynamic_smem_size",
        PtxSpecialRegister.TotalSharedSize => "%total_smem_size",
        _ when register.ToString() is [.. var words, 'X' or 'Y' or 'Z'] name =>
            $"%{words.ToLowerInvariant()}.{char.ToLowerInvariant(name[^1])}",
        _ => $"%{register.ToString().ToLowerInvariant()}",
    };
}
