using System.Globalization;
using System.Runtime.CompilerServices;
using DdmNative.Attribution.Formats;
using DdmNative.Tests;
using Xunit;
using Xunit.Sdk;

namespace DdmNative.Attribution.Tests.Formats;

/// <summary>
/// Mutates a good file a few thousand times (<see cref="Mutations"/>): every reader must take the result, refuse it with
/// <see cref="BadInputException"/>, or, where it reads what it can make again, treat it as absent; within a time and a memory that the file
/// justifies. The failing seed is printed and reproduces the file alone.
/// </summary>
internal static class Fuzz
{
    private const long MostAllocated = 32 << 20, MostNative = 1L << 30;

    private static readonly Lock Logging = new();
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <param name="good">A file that is read without error.</param>
    /// <param name="read">Reads a mutated file and checks what came out of it.</param>
    /// <param name="test">For the log.</param>
    /// <param name="file">For the log.</param>
    public static void Run(byte[] good, Action<byte[]> read, [CallerMemberName] string test = "", [CallerFilePath] string file = "")
        => Run(good, bytes =>
        {
            read(bytes);
            return true;
        }, test, file);

    /// <param name="good">A file that is taken.</param>
    /// <param name="read">Reads a mutated file and checks what came out of it; false where it was treated as absent.</param>
    /// <param name="test">For the log.</param>
    /// <param name="file">For the log.</param>
    public static void Run(byte[] good, Func<byte[], bool> read, [CallerMemberName] string test = "", [CallerFilePath] string file = "")
    {
        Assert.True(read(good), "the good file is not taken");
        var state = new State();
        var worker = new Thread(() => Loop(good, read, state)) { IsBackground = true };
        worker.Start();

        // A reader that hangs cannot be stopped, but it can be told of.
        int seed = -1;
        while (!worker.Join(Longest))
        {
            if (state.Seed == seed)
                throw new XunitException($"Mutation with seed {seed} keeps the reader busy for more than {Longest.TotalSeconds} s.");
            seed = state.Seed;
        }

        if (state.Failure is not null)
            throw state.Failure;
        Log(string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileNameWithoutExtension(file)}.{test}: {Mutations.Count} mutations of {good.Length} bytes: {state.Taken} taken, "
            + $"{state.Refused} refused, {state.Absent} as if absent; at most {state.Allocated / 1024} KiB allocated"));
        Assert.True(state.Refused + state.Absent > Mutations.Count / 20,
            $"Only {state.Refused + state.Absent} mutations were refused: they do not reach what the reader checks.");
    }

    private static void Loop(byte[] good, Func<byte[], bool> read, State state)
    {
        long resident = Environment.WorkingSet;
        for (int seed = 0; seed < Mutations.Count && state.Failure is null; seed++)
        {
            state.Seed = seed;
            byte[] bad = Mutations.Of(good, seed);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                if (read(bad))
                    state.Taken++;
                else
                    state.Absent++;
            }
            catch (BadInputException)
            {
                state.Refused++;
            }
            catch (Exception e)
            {
                state.Failure = new XunitException($"Mutation with seed {seed} ({bad.Length} bytes) was neither read nor refused: {e}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            state.Allocated = Math.Max(state.Allocated, allocated);
            if (allocated > MostAllocated)
                state.Failure ??= new XunitException(
                    $"Mutation with seed {seed} ({bad.Length} bytes) made the reader allocate {allocated} bytes.");
            if (seed % 64 == 0 && Environment.WorkingSet - resident > MostNative)
                state.Failure ??= new XunitException(
                    $"By the mutation with seed {seed} the process has grown by {(Environment.WorkingSet - resident) >> 20} MiB.");
        }
    }

    private static void Log(string line)
    {
        if (TestScale.LogFile is not string log)
            return;
        lock (Logging)
            File.AppendAllText(log, line + "\n");
    }

    private sealed class State
    {
        public volatile int Seed;

        public int Taken { get; set; }

        public int Refused { get; set; }

        public int Absent { get; set; }

        public long Allocated { get; set; }

        public XunitException? Failure { get; set; }
    }
}
