using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The gradients of the summed matching distances by images [G, m, C, H, W] and label vectors [G, m, K].</summary>
internal interface IMatchingGradients
{
    (Tensor ByImages, Tensor ByLabels) Of(Tensor images, Tensor labels, Tensor[] targets);
}

/// <summary>
/// One synset update: the gradient of the relative matching distance by the images and label vectors of all groups, then Adam.
/// </summary>
internal static class MatchingWork
{
    private const double Rate = 0.03, Beta1 = 0.5, Beta2 = 0.9;

    public static IReadOnlyList<Variant> Step(BenchmarkData data, int groups, int images, NetworkShape shape)
    {
        return [new("grouped", () => Build(network => new GroupedMatching(network, groups))),
            new("loop", () => Build(network => new LoopedMatching(network)))];

        Work Build(Func<Classifier, IMatchingGradients> way)
        {
            var network = Classifier.Create(shape, NetworkLayout.Contiguous, data.Device);
            network.eval();
            (Tensor x, Tensor q) = data.Synset(groups, images, shape.Channels, shape.Size);
            // The target gradients' values do not affect the time.
            Tensor[] targets = [.. network.parameters().Select(parameter => randn([groups, .. parameter.shape], device: data.Device))];
            Action update = Updates(way(network), x, q, targets);
            return _ => update();
        }
    }

    /// <summary>A function that makes one update of copies of the images and label vectors.</summary>
    public static Action Updates(IMatchingGradients way, Tensor images, Tensor labels, Tensor[] targets)
    {
        Parameter x = new(images.clone()), q = new(labels.clone());
        var adam = optim.Adam([x, q], Rate, Beta1, Beta2);
        return () =>
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor byImages, Tensor byLabels) = way.Of(x.detach(), q.detach(), targets);
            (x.grad, q.grad) = (byImages, byLabels);
            adam.step();
        };
    }

    /// <summary>Cross-entropy with label vectors, mean over the samples (the last axis but one). [m, K] → scalar, [G, m, K] → [G]</summary>
    public static Tensor Loss(Tensor logits, Tensor labels)
        => (logits.logsumexp(-1) * labels.sum(-1) - (labels * logits).sum(-1)).mean([-1]);

    /// <summary>‖g − g*‖² / ‖g*‖² per group; every tensor has the group as its leading axis. [G]</summary>
    public static Tensor Distances(IReadOnlyList<Tensor> gradients, IReadOnlyList<Tensor> targets)
    {
        Tensor squared = Sum(gradients.Zip(targets, (gradient, target) => gradient - target)), norms = Sum(targets);
        return squared / norms;

        static Tensor Sum(IEnumerable<Tensor> tensors) => tensors.Select(each => each.pow(2).flatten(1).sum(1)).Aggregate((a, b) => a + b);
    }
}
