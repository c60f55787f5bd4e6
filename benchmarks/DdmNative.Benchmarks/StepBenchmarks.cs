using BenchmarkDotNet.Attributes;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Benchmarks;

/// <summary>Whole steps on 28×28×1 images: what every loop of the product repeats.</summary>
public class StepBenchmarks : KernelBenchmark
{
    private const int Batch = 64;
    private const int Groups = 50;
    private static readonly ImageShape Image = new(1, 28, 28);
    private IPlan _train = null!;
    private MatchingStep _matching = null!;
    private int _step;

    [Params(32, 128)]
    public int Width { get; set; }

    /// <summary>Forward, loss, backward and SGD on a batch of 64.</summary>
    [Benchmark]
    public void TrainingStep() => _train.Run();

    /// <summary>One update of 50 groups' images and label vectors, one image each.</summary>
    [Benchmark]
    public void MatchingStep() => _matching.Run(++_step);

    protected override void Prepare()
    {
        var network = Network.Create(NetworkOptions.ConvNet(Image, classes: 10, Width));
        TensorShape vector = TensorShape.Vector(1, network.ParameterCount);
        Tensor images = Random(Image.For(1, Batch)), labels = Random(new TensorShape(1, Batch, network.Classes)),
            weights = Random(new TensorShape(1, Batch, 1));
        Tensor parameters = Own(Device.Upload(vector, network.Initialise(1))), velocity = Zeros(vector),
            rate = Zeros(TensorShape.Vector(1, 1));
        Tensor gradient = Own(Device.AllocateTransient(vector)), cotangent = Own(Device.AllocateTransient(labels.Shape));
        NetworkPass pass = Own(new NetworkPass(Device, network, members: 1, Batch));
        _train = Record("training step", () =>
        {
            pass.Forward(parameters, images);
            Device.SoftmaxCrossEntropy.Backward(pass.Output, labels, weights, cotangent);
            pass.Backward(parameters, images, cotangent, gradient, null);
            Device.Sgd.Step(parameters, velocity, gradient, rate, 0.9f);
        });
        TensorShape synset = Image.For(Groups, 1);
        var values = new float[synset.Length];
        images.ToArray().AsSpan(0, values.Length).CopyTo(values);
        _matching = Own(new MatchingStep(Device, network, new MatchingOptions(LearnLabels: true), synset, values,
            new float[Groups * network.Classes]));
        _matching.SetParameters(network.Initialise(1));
        _matching.SetTarget(Random(TensorShape.Vector(Groups, network.ParameterCount)).ToArray());
    }
}
