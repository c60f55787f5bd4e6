using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Runs that are cancelled and resumed until they end.</summary>
internal static class Interruptions
{
    private const int Most = 1000;

    /// <summary>Starts a run again after each cancellation and returns the number of cancellations.</summary>
    /// <param name="run">Starts or resumes the run; receives the number of cancellations before it and the source to
    /// cancel.</param>
    public static int Repeat(Action<int, CancellationTokenSource> run)
    {
        for (int interruptions = 0; ; interruptions++)
        {
            Assert.True(interruptions < Most, "the run does not end");
            using var stop = new CancellationTokenSource();
            try
            {
                run(interruptions, stop);
                return interruptions;
            }
            catch (OperationCanceledException)
            {
                // Resumed by the next iteration.
            }
        }
    }
}
