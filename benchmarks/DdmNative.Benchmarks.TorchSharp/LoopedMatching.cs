using TorchSharp;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>A double backward per group, one group after another: the usual way to write it.</summary>
internal sealed class LoopedMatching(Classifier network) : IMatchingGradients
{
    private readonly Tensor[] _parameters = [.. network.parameters()];

    /// <summary>∇θ of a group's loss, in the parameters' order.</summary>
    public IList<Tensor> GroupGradients(Tensor images, Tensor labels, bool createGraph = false)
        => autograd.grad([MatchingWork.Loss(network.forward(images), labels)], _parameters, retain_graph: createGraph,
            create_graph: createGraph);

    public (Tensor ByImages, Tensor ByLabels) Of(Tensor images, Tensor labels, Tensor[] targets)
    {
        (Tensor byImages, Tensor byLabels) = (empty_like(images), empty_like(labels));
        for (long group = 0; group < images.shape[0]; group++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = images[group].clone().requires_grad_(), q = labels[group].clone().requires_grad_();
            Tensor[] gradients = [.. GroupGradients(x, q, createGraph: true).Select(gradient => gradient.unsqueeze(0))];
            Tensor distance = MatchingWork.Distances(gradients, [.. targets.Select(target => target.narrow(0, group, 1))]).sum();
            IList<Tensor> found = autograd.grad([distance], [x, q]);
            byImages[group] = found[0];
            byLabels[group] = found[1];
        }
        return (byImages, byLabels);
    }
}
