using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// The amount of work of a stage, in training passes: one image forward and backward through the whole network. Work in a part of the
/// network counts in proportion to its multiplications; a forward pass alone is a third of a pass, and a matching step, which also computes
/// tangents, is four.
/// </summary>
/// <param name="network">The target's architecture.</param>
/// <param name="recipe">The target's training.</param>
/// <param name="images">N: training images.</param>
/// <param name="groups">G.</param>
/// <param name="testImages">M.</param>
public sealed class TrainingPasses(Network network, TrainingOptions recipe, int images, int groups, int testImages)
{
    private const double MatchingPasses = 4, ForwardPasses = 1.0 / 3;

    /// <summary>N.</summary>
    public int Images => images;

    /// <summary>G.</summary>
    public int Groups => groups;

    /// <summary>T: the steps of the target's training.</summary>
    public int Steps => recipe.TotalSteps(Images);

    /// <summary>The network's blocks, beside its head.</summary>
    public int Blocks => network.BlockCount;

    /// <summary>The first layer above the penultimate features.</summary>
    public int HeadStart => network.HeadStart;

    /// <summary>The first layer that a depth retrains.</summary>
    public int FirstLayer(Depth depth) => depth.FirstLayer(network);

    /// <summary>One training of the network.</summary>
    public double Training => (double)Images * recipe.Epochs;

    /// <summary>A gradient of every training image.</summary>
    public double Gradients => Images;

    /// <summary>Trainings of the layers from one on, on frozen activations.</summary>
    public double TopTrainings(int firstLayer, int models) => ForwardPasses * Images + models * Training * ShareFrom(firstLayer);

    /// <summary>
    /// As many steps as in the target's training, for several models of the layers from one on, on batches of a given size.
    /// </summary>
    public double TopSteps(int firstLayer, int models, int batch)
        => ForwardPasses * Images + (double)models * Steps * batch * ShareFrom(firstLayer);

    /// <summary>Some models on the test images.</summary>
    public double Evaluation(int models) => ForwardPasses * models * testImages;

    /// <summary>Steps of matching images.</summary>
    public static double Matching(int images, int steps) => MatchingPasses * images * steps;

    /// <summary>The share of the network's multiplications in the layers from one on.</summary>
    private double ShareFrom(int firstLayer)
    {
        double Of(Layer layer) => (double)layer.ParameterCount * layer.Output.Height * layer.Output.Width;
        return network.Layers.Skip(firstLayer).Sum(Of) / network.Layers.Sum(Of);
    }
}
