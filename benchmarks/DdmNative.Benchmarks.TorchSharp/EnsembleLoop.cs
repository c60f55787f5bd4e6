using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>Many models of one network from one initialisation, one after another: TorchSharp has no vmap.</summary>
internal sealed class EnsembleLoop(Classifier start) : IDisposable
{
    private const int EvaluationBatch = 500;

    public List<Classifier> Networks { get; } = [];

    public void Dispose() => Clear();

    /// <summary>Full-batch steps on images with label vectors, under one weight per model and image [M, N].</summary>
    public void Descend(Tensor images, Tensor labels, Tensor weights, int steps, double rate, double momentum)
    {
        Clear();
        for (long model = 0; model < weights.shape[0]; model++)
        {
            Classifier network = start.Copy();
            using var optimizer = optim.SGD(network.parameters(), rate, momentum);
            for (int step = 0; step < steps; step++)
            {
                using DisposeScope scope = NewDisposeScope();
                optimizer.zero_grad();
                Tensor logits = network.forward(images);
                (weights[model] * (logits.logsumexp(-1) * labels.sum(-1) - (labels * logits).sum(-1))).sum().backward();
                optimizer.step();
            }
            Networks.Add(network);
        }
    }

    /// <summary>SGD with a cosine schedule in one seeded order; each model drops the samples that its mask [N] leaves out.</summary>
    public void Train(Tensor images, Tensor labels, IReadOnlyList<Tensor> kept, int batch, int steps, double rate, double momentum)
    {
        Clear();
        foreach (Tensor keep in kept)
        {
            Classifier network = start.Copy();
            using var optimizer = optim.SGD(network.parameters(), rate, momentum);
            var scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps);
            using var order = new Generator(seed: 0, device: images.device);
            Tensor? epoch = null;
            long next = 0;
            for (int step = 0; step < steps; step++)
            {
                using DisposeScope scope = NewDisposeScope();
                if (epoch is null || next >= images.shape[0])
                {
                    epoch?.Dispose();
                    epoch = randperm(images.shape[0], device: images.device, generator: order).DetachFromDisposeScope();
                    next = 0;
                }
                Tensor rows = epoch.narrow(0, next, Math.Min(batch, images.shape[0] - next));
                next += batch;
                rows = rows.masked_select(keep.index_select(0, rows));
                optimizer.zero_grad();
                functional.cross_entropy(network.forward(images.index_select(0, rows)), labels.index_select(0, rows)).backward();
                optimizer.step();
                scheduler.step();
            }
            epoch?.Dispose();
            Networks.Add(network);
        }
    }

    /// <summary>Logits of every model.</summary>
    public void Logits(Tensor images)
    {
        using IDisposable inference = inference_mode();
        foreach (Classifier network in Networks)
        {
            using DisposeScope scope = NewDisposeScope();
            cat([.. images.split(EvaluationBatch).Select(network.forward)]);
        }
    }

    private void Clear()
    {
        Networks.ForEach(network => network.Dispose());
        Networks.Clear();
    }
}
