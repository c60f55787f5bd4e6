using System.Globalization;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The effects of every single sample by a method that makes a model without each. The logits of N models on M test samples are N·M·K
/// numbers, so the models are made in chunks, and of each chunk only the effects are kept. A model's bits do not depend on the others, so
/// chunks change no result; each makes the control again, one model in hundreds.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="job">The job.</param>
/// <param name="method">The method, which hands over models.</param>
/// <param name="partialPath">The stage's folder of partial results: effects of finished chunks, and the models of the current one.</param>
internal sealed class SampleRemovals(StageContext context, Job job, string method, string partialPath)
{
    /// <summary>The most logits of a chunk, 64 MiB of them; and the most models, so that shards have several chunks to divide.</summary>
    private const int MostLogits = 1 << 24, MostModels = 256;

    /// <summary>The number of models of one chunk; no property of the machine may decide it, because kept chunks are numbered.</summary>
    /// <param name="samples">M.</param>
    /// <param name="classes">K.</param>
    public static int ChunkFor(int samples, int classes) => (int)Math.Clamp(MostLogits / ((long)samples * classes), 1, MostModels);

    /// <summary>The number of models of an unfinished chunk that the stage can reuse.</summary>
    public static int Kept(StageContext context, string partialPath)
        => FoldersOf(context, partialPath).Sum(folder => new PartialFiles(context, folder).Count);

    /// <summary>The effects [O, N].</summary>
    /// <param name="request">The request, whose parts are single samples; its pieces are the chunks' effects.</param>
    /// <param name="onEstimate">Receives the estimate of the first chunk's memory.</param>
    /// <exception cref="AwaitingShardsException">The chunks of a shard are finished.</exception>
    public AttributionMatrix Attribute(MethodContext request, Action<MemoryEstimate> onEstimate)
    {
        ArgumentNullException.ThrowIfNull(request);
        int count = request.Parts.Count;
        int[][] chunks = [.. Enumerable.Range(0, count).Chunk(ChunkFor(request.Test.Count, request.Network.Classes))];
        bool isFirst = true;
        IReadOnlyList<double[]> effects = request.Pieces.Each<double>("effects", chunks.Length, wave: 1, wave =>
        {
            int chunk = wave.Pieces[0];
            AttributionMatrix found = Attribute(request, chunk, chunks[chunk], isFirst ? onEstimate : null,
                part => context.Listener.Progress((wave.Before + part) * count / wave.Total, count, "images"));
            isFirst = false;
            return [found.Flatten()];
        });
        var values = new double[request.Objectives.Count, count];
        for (int chunk = 0; chunk < chunks.Length; chunk++)
        {
            for (int o = 0; o < request.Objectives.Count; o++)
            {
                for (int i = 0; i < chunks[chunk].Length; i++)
                    values[o, chunks[chunk][i]] = effects[chunk][o * chunks[chunk].Length + i];
            }
        }

        return new AttributionMatrix(request.ObjectiveNames, values);
    }

    private AttributionMatrix Attribute(MethodContext request, int chunk, int[] removed, Action<MemoryEstimate>? onEstimate,
        Action<double> onProgress)
    {
        string folder = $"{partialPath}/{chunk.ToString("D6", CultureInfo.InvariantCulture)}";
        foreach (string finished in FoldersOf(context, partialPath).Where(other => other != folder))
            Directory.Delete(context.Folder.PathOf(finished), recursive: true);

        // The shards divide the chunks, not the models of one.
        var models = new PartialFiles(context with { Share = null }, folder);
        using MethodContext ofChunk = MethodRequest.Create(context, job, request.Parts, request.Objectives, models.Pieces, onFigure: null,
            readsSynsets: false, [.. removed.Select(n => new[] { n })], (done, total, _) => onProgress(done / total));
        return MethodRegistry.Attribute(method, ofChunk, onEstimate);
    }

    private static IEnumerable<string> FoldersOf(StageContext context, string partialPath)
    {
        string path = context.Folder.PathOf(partialPath);
        return Directory.Exists(path) ? Directory.GetDirectories(path).Select(context.Folder.NameOf) : [];
    }
}
