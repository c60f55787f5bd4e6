using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Every group has its own copy of the parameters, run as grouped convolutions: images [G, m, C, H, W] as m images of G·C channels. One
/// double backward for all groups.
/// </summary>
internal sealed class GroupedMatching : IMatchingGradients
{
    private readonly NetworkShape _shape;
    private readonly int _groups;
    private readonly Tensor[] _parameters;

    public GroupedMatching(ConvNet network, int groups)
    {
        (_shape, _groups) = (network.Shape, groups);
        _parameters = [.. network.parameters()
            .Select(parameter => parameter.detach().expand([groups, .. parameter.shape]).contiguous().requires_grad_())];
    }

    public (Tensor ByImages, Tensor ByLabels) Of(Tensor images, Tensor labels, Tensor[] targets)
    {
        Tensor x = images.clone().requires_grad_(), q = labels.clone().requires_grad_();
        IList<Tensor> gradients = autograd.grad([MatchingWork.Loss(Forward(x), q).sum()], _parameters, retain_graph: true,
            create_graph: true);
        IList<Tensor> found = autograd.grad([MatchingWork.Distances([.. gradients], targets).sum()], [x, q]);
        return (found[0], found[1]);
    }

    /// <summary>Logits [G, m, K].</summary>
    private Tensor Forward(Tensor images)
    {
        Tensor x = images.transpose(0, 1).flatten(1, 2);
        for (int block = 0; block < _shape.Depth; block++)
        {
            Tensor Merged(int which) => _parameters[4 * block + which].flatten(0, 1);
            x = functional.conv2d(x, Merged(0), Merged(1), padding: [1, 1], groups: _groups);
            x = functional.group_norm(x, x.shape[1], Merged(2), Merged(3));
            x = functional.avg_pool2d(functional.relu(x, inplace: true), 2);
        }
        Tensor features = x.unflatten(1, _groups, _shape.Width).flatten(2).transpose(0, 1);
        return features.bmm(_parameters[^2].transpose(1, 2)) + _parameters[^1].unsqueeze(1);
    }
}
