using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using DdmNative.Tests;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Ptx;

public class PtxMutationTests
{
    private static readonly int Modules = TestScale.Cases(10_000);

    /// <summary>A module takes milliseconds: one that is not done after so long hangs, however busy the machine is.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>Numbers that a mutation inserts: bounds, overflows, other kinds of constants.</summary>
    private static readonly string[] Odd =
        ["0", "-1", "4294967295", "18446744073709551616", "99999999999999999999", "0x", "0f3F8", "0dZ", "1e999", "%r<1000000>", "{", "}",
        "[", "]", "(", ")", ";", ",", ":", "\"", "/*", "@", "!", "::", ".b32", "_"];

    /// <summary>If a sample were not loaded completely, damaging it would reach only little code.</summary>
    [Fact]
    public void Every_undamaged_sample_is_loaded()
    {
        using EmulatedDevice device = new(new EmulatorOptions { MemoryBytes = 64 << 20, HostThreads = 1 });
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Ptx", "Samples"), "*.ptx"))
        {
            using LoadedModule module = device.Load(PtxParser.Parse(File.ReadAllText(file)));
            Assert.NotEmpty(module.Kernels);
        }
    }

    [Fact]
    public async Task Damaged_modules_are_refused_with_a_line_or_loaded_but_never_crash_or_hang()
    {
        string[] samples = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Ptx", "Samples"), "*.ptx").Order()
            .Select(File.ReadAllText)];
        int seed = 0, refused = 0, last = -1;
        Task work = Task.Run(() =>
        {
            using EmulatedDevice device = new(new EmulatorOptions { MemoryBytes = 64 << 20, HostThreads = 1 });
            for (; seed < Modules; seed++)
                refused += IsRefused(Damaged(new Random(seed), samples), seed, device) ? 1 : 0;
        });
        while (await Task.WhenAny(work, Task.Delay(Longest)) != work)
        {
            int current = Volatile.Read(ref seed);
            Assert.True(current != last, $"the module of seed {current} does not finish");
            last = current;
        }

        await work;
        // If nearly all modules were still accepted, or none, the mutations would test nothing.
        Assert.InRange(refused, Modules / 2, Modules - 1);
    }

    /// <summary>Refused by the parser, with a line, or by the device, which cannot execute everything that the parser accepts.</summary>
    private static bool IsRefused(string text, int seed, EmulatedDevice device)
    {
        try
        {
            PtxModule module = PtxParser.Parse(text);
            foreach (PtxFunction function in module.Functions)
                PtxControlFlow.Build(function);
            using LoadedModule loaded = device.Load(module);
            return false;
        }
        catch (EmulatorException error)
        {
            Assert.True(error.Message.Length is > 0 and < 2000, $"seed {seed}: {error.Message}");
            return true;
        }
        catch (PtxException error)
        {
            int lines = text.AsSpan().Count('\n') + 1;
            Assert.True(error.Line >= 1 && error.Line <= lines, $"seed {seed}: line {error.Line} of {lines}: {error.Message}");
            Assert.True(error.Message.Length < 2000, $"seed {seed}: {error.Message}");
            return true;
        }
        catch (Exception error)
        {
            Assert.Fail($"seed {seed}: {error}");
            throw;
        }
    }

    internal static string Damaged(Random random, string[] samples)
    {
        string text = samples[random.Next(samples.Length)];
        for (int strokes = random.Next(1, 6); strokes > 0 && text.Length > 0; strokes--)
        {
            int at = random.Next(text.Length);
            (int start, int end) = Token(text, at);
            (int otherStart, int otherEnd) = Token(text, random.Next(text.Length));
            text = random.Next(8) switch
            {
                0 => Replace(text, at, at + 1, ((char)(text[at] ^ (1 << random.Next(8)))).ToString()),
                1 => Replace(text, at, at + 1, ((char)random.Next(0, 0x300)).ToString()),
                2 => Replace(text, at, Math.Min(text.Length, at + random.Next(1, 60)), ""),
                3 => Replace(text, start, end, ""),
                4 => Replace(text, end, end, " " + text[start..end]),
                5 => Replace(text, start, end, text[otherStart..otherEnd]),
                6 => Replace(text, start, end, Odd[random.Next(Odd.Length)]),
                _ => strokes == 1 ? text[..at] : Replace(text, at, at, text[otherStart..Math.Min(text.Length, otherStart + 200)]),
            };
        }

        return text;
    }

    private static string Replace(string text, int start, int end, string by) => string.Concat(text.AsSpan(0, start), by, text.AsSpan(end));

    /// <summary>The run of characters of one kind, letters or not, around a position.</summary>
    private static (int Start, int End) Token(string text, int at)
    {
        bool word = IsWord(text[at]);
        int start = at, end = at + 1;
        while (start > 0 && word && IsWord(text[start - 1]))
            start--;
        while (end < text.Length && word && IsWord(text[end]))
            end++;
        return (start, end);
    }

    private static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '$' or '%' or '.';
}
