using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Steps of the adjoint of a training: a double backward per objective through one graph of the batch. The products of the samples'
/// gradients with the vectors are the derivatives by the samples' weights. libtorch has no batched double backward in C#.
/// </summary>
internal static class AdjointWork
{
    private const double Rate = 0.02, Momentum = 0.9;

    public static IReadOnlyList<Variant> Walk(BenchmarkData data, int objectives, int steps, int batch, NetworkShape shape)
    {
        return [new("loop", () => Build(NormModule.Group)), new("loop, instance-norm", () => Build(NormModule.Instance))];

        Work Build(NormModule norm)
        {
            var network = Classifier.Create(shape, NetworkLayout.Contiguous, data.Device, norm);
            Tensor[] parameters = [.. network.parameters()];
            (Tensor x, Tensor y) = data.Labelled(shape.Channels, shape.Size);
            (x, y) = (x.narrow(0, 0, batch), y.narrow(0, 0, batch));
            return isShort =>
            {
                Tensor[][] lambdas = [.. Enumerable.Range(0, objectives).Select(_ => Array.ConvertAll(parameters, Random))];
                Tensor[][] moved = [.. lambdas.Select(of => Array.ConvertAll(of, value => zeros_like(value)))];
                Tensor effects = zeros([objectives, batch], device: data.Device);
                for (int step = 0; step < (isShort ? 1 : steps); step++)
                    Step(network, parameters, x, y, lambdas, moved, effects);
            };
        }

        Tensor Random(Tensor parameter) => randn_like(parameter).mul_(0.01).detach();
    }

    private static void Step(Classifier network, Tensor[] parameters, Tensor x, Tensor y, Tensor[][] lambdas, Tensor[][] moved,
        Tensor effects)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weights = full([x.shape[0]], 1.0 / x.shape[0], device: x.device).requires_grad_();
        Tensor loss = (weights * functional.cross_entropy(network.forward(x), y, reduction: Reduction.None)).sum();
        IList<Tensor> gradient = autograd.grad([loss], parameters, retain_graph: true, create_graph: true);
        for (int e = 0; e < lambdas.Length; e++)
        {
            using DisposeScope ofObjective = NewDisposeScope();
            for (int p = 0; p < parameters.Length; p++)
                moved[e][p].mul_(Momentum).add_(lambdas[e][p], alpha: -Rate);
            IList<Tensor> found = autograd.grad(gradient, [.. parameters, weights], moved[e], retain_graph: true);
            Tensor ofSamples = found[^1].detach();
            effects[e].add_((ofSamples - ofSamples.mean()) / x.shape[0]);
            for (int p = 0; p < parameters.Length; p++)
                lambdas[e][p].add_(found[p].detach());
        }
    }
}
