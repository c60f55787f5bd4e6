using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace DdmNative.Attribution.Sharding;

/// <summary>Pieces that are computed together.</summary>
/// <param name="Pieces">Their numbers, ascending.</param>
/// <param name="Before">The number of pieces that were computed before them.</param>
/// <param name="Total">The total number of pieces to compute; stored pieces do not count.</param>
public sealed record PieceWave(int[] Pieces, int Before, int Total);

/// <summary>
/// Work that is divided into independent pieces: the stored pieces of an interrupted run are reused, and the missing ones are computed in
/// waves and stored. In a shard, only the shard's own pieces are computed, and there is no result: the merge of all shards computes it.
/// </summary>
public sealed class PieceWork
{
    /// <summary>The store of pieces.</summary>
    public IPartialResults Kept { get; init; } = new NothingKept();

    /// <summary>The pieces that belong to this process; null for all.</summary>
    public StageShare? Share { get; init; }

    /// <summary>Checked before each wave.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Seconds spent on computing pieces here, without storing them.</summary>
    public double Seconds { get; private set; }

    /// <summary>Returns numbers that are computed once for all pieces: the stored ones, or computed and stored.</summary>
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

    /// <summary>Returns the numbers of all pieces, by piece.</summary>
    /// <param name="name">The name of the pieces.</param>
    /// <param name="count">The number of pieces.</param>
    /// <param name="wave">The maximum number of pieces that are computed together.</param>
    /// <param name="compute">Computes the numbers of a wave, in the order of its pieces; the result must not depend on which pieces are
    /// computed together.</param>
    /// <exception cref="AwaitingShardsException">The pieces of a shard are finished.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; finished waves are kept.</exception>
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

            // After the last wave of undivided work the result is written immediately, and stored pieces would be discarded.
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
