using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Every group has its own copy of the parameters, run as grouped convolutions: one double backward for all groups.
/// </summary>
internal sealed class GroupedMatching : IMatchingGradients
{
    private readonly Classifier _network;
    private readonly Tensor[] _parameters;

    public GroupedMatching(Classifier network, int groups)
    {
        _network = network;
        _parameters = [.. network.parameters()
            .Select(parameter => parameter.detach().expand([groups, .. parameter.shape]).contiguous().requires_grad_())];
    }

    public (Tensor ByImages, Tensor ByLabels) Of(Tensor images, Tensor labels, Tensor[] targets)
    {
        Tensor x = images.clone().requires_grad_(), q = labels.clone().requires_grad_();
        Tensor loss = MatchingWork.Loss(_network.ForwardGroups(_parameters, x), q).sum();
        IList<Tensor> gradients = autograd.grad([loss], _parameters, retain_graph: true, create_graph: true);
        IList<Tensor> found = autograd.grad([MatchingWork.Distances([.. gradients], targets).sum()], [x, q]);
        return (found[0], found[1]);
    }
}
