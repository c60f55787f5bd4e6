using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace DdmNative.Attribution.Sharding;

/// <summary>Pieces that are computed together.</summary>
/// <param name="Pieces">Their numbers, ascending.</param>
/// <param name="Before">Pieces that were computed before them.</param>
/// <param name="Total">Pieces to compute altogether; those that were kept do not count.</param>
public sealed record PieceWave(int[] Pieces, int Before, int Total);

/// <summary>
/// Work that falls into pieces which do not need one another: what an interrupted run has kept is taken, what is missing is computed in waves and kept. Of a shard's work only the shard's own pieces are
/// computed, and there is no result: it is formed where all shards' pieces are put together.
/// </summary>
public sealed class PieceWork
{
    /// <summary>Where pieces are kept.</summary>
    public IPartialResults Kept { get; init; } = new NothingKept();

    /// <summary>Which pieces are this process's; null for all.</summary>
    public StageShare? Share { get; init; }

    /// <summary>Looked at before each wave.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Seconds spent on computing pieces here, without keeping them.</summary>
    public double Seconds { get; private set; }

    /// <summary>Numbers that are computed once for all: taken from what was kept, or computed and kept.</summary>
    public double[] Once(string name, Func<double[]> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        if (Kept.Find(name) is double[] kept)
            return kept;
        Cancellation.ThrowIfCancellationRequested();
        double[] values = compute();
        Kept.Keep(name, values);
        return values;
    }

    /// <summary>All pieces' numbers, by piece.</summary>
    /// <param name="name">Names them.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="wave">Most pieces that are computed together.</param>
    /// <param name="compute">A wave's numbers, in the order of its pieces; must not depend on which pieces are computed together.</param>
    /// <exception cref="AwaitingShardsException">The pieces of a shard are done.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; finished waves are kept.</exception>
    public IReadOnlyList<T[]> Each<T>(string name, int count, int wave, Func<PieceWave, IReadOnlyList<T[]>> compute)
        where T : struct, INumberBase<T>
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentOutOfRangeException.ThrowIfLessThan(wave, 1);
        int[] own = [.. Enumerable.Range(0, count).Where(piece => Share is null || Share.Owns(piece))];
        var found = new T[]?[count];
        foreach (int piece in own)
            found[piece] = Kept.Find(NameOf(name, piece)) is double[] kept ? Array.ConvertAll(kept, T.CreateTruncating) : null;
        int[] missing = [.. own.Where(piece => found[piece] is null)];
        int done = 0;
        foreach (int[] pieces in missing.Chunk(wave))
        {
            Cancellation.ThrowIfCancellationRequested();
            var watch = Stopwatch.StartNew();
            IReadOnlyList<T[]> values = compute(new PieceWave(pieces, done, missing.Length));
            Seconds += watch.Elapsed.TotalSeconds;
            Share?.Spend(pieces.Length, watch.Elapsed.TotalSeconds);
            done += pieces.Length;

            // After the last wave of a whole work its result is written at once, and the pieces would be thrown away.
            bool keep = Share is not null || done < missing.Length;
            for (int i = 0; i < pieces.Length; i++)
            {
                found[pieces[i]] = values[i];
                if (keep)
                    Kept.Keep(NameOf(name, pieces[i]), Array.ConvertAll(values[i], double.CreateTruncating));
            }
        }

        return Share is null ? [.. found.Select(values => values!)] : throw Share.End(own.Length, count);
    }

    private static string NameOf(string name, int piece) => string.Create(CultureInfo.InvariantCulture, $"{name}-{piece:D6}");
}
