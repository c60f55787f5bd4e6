using System.Runtime.ExceptionServices;

namespace DdmNative.Attribution.Datasets.Rows;

/// <summary>Work on many groups of rows at once, whose errors are those of the work and not an aggregate of them.</summary>
internal static class InParallel
{
    /// <summary>Does the work for 0 … <paramref name="count"/> − 1, in any order.</summary>
    public static void For(int count, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
