using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Everything that the parser accepts can be executed.</summary>
public class ExecutedFormTests
{
    private const int MaxSpellings = 4000;

    [Fact]
    public void Every_spelling_that_is_parsed_can_be_executed()
    {
        using EmulatedDevice device = new(new EmulatorOptions { MemoryBytes = 1 << 20, HostThreads = 1 });
        List<string> refused = [];
        int tried = 0;
        foreach ((string mnemonic, List<PtxInstructionForm> forms) in PtxInstructionTable.All)
        {
            foreach (PtxInstructionForm form in forms)
            {
                foreach (string words in form.Spellings(MaxSpellings))
                {
                    string text = mnemonic + words;
                    if (!IsRead(text, out PtxInstructionForm? read, out PtxModifiers? modifiers) || read != form
                        || SpellingKernel.Create(form, text, modifiers!) is not { } kernel)
                        continue;
                    tried++;
                    try
                    {
                        using LoadedModule module = device.Load(PtxParser.Parse(kernel));
                    }
                    catch (Exception error) when (error is EmulatorException or PtxException)
                    {
                        refused.Add($"{text}: {error.Message}");
                    }
                }
            }
        }

        Assert.True(tried > 10_000, $"only {tried} spellings");
        Assert.True(refused.Count == 0, $"{refused.Count} of {tried} are refused:\n{string.Join('\n', refused.Take(40))}");
    }

    private static bool IsRead(string text, out PtxInstructionForm? form, out PtxModifiers? modifiers)
    {
        try
        {
            (form, modifiers) = PtxInstructionTable.Find(text, 1);
            return true;
        }
        catch (PtxException)
        {
            (form, modifiers) = (null, null);
            return false;
        }
    }
}
