using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.SideBySide.Workloads;

/// <summary>One update of all groups' images and label vectors: relative distance, forward over reverse, Adam; G = 50, m = 1.</summary>
internal static class MatchingRows
{
    public static Workload Step(string name, NetworkOptions options, FashionMnist data)
    {
        return new Workload(
            $"matching-step-{name}", Setting.Groups * new NetworkFlops(options).Matching,
            Setting.Request("matching-step", options, ("groups", Setting.Groups), ("images", 1)),
            device =>
            {
                var network = Network.Create(options);
                Synset synset = Setting.Synset(data.Images(options.Input.Channels, options.Input.Height));
                TensorShape shape = synset.SharedShape;
                var step = new MatchingStep(device, network, new MatchingOptions(LearnLabels: true),
                    new TensorShape(Setting.Groups, 1, shape.Channels, shape.Height, shape.Width), synset.Images, synset.Labels);
                step.SetParameters(network.Initialise(1));
                step.SetTarget(RandomValues.Of((long)Setting.Groups * network.ParameterCount, seed: 5));
                int number = 0;
                return new Prepared(() => step.Run(++number), step);
            })
        { LeastRatio = 4 };
    }
}
