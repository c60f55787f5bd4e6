using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using Xunit;
using Xunit.Abstractions;
using static DdmNative.Attribution.Tests.Networks.NetworkCase;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// The library against PyTorch: the files of <c>tests/golden</c>, computed in float64 by an implementation that shares nothing with this
/// one.
/// </summary>
public sealed class GoldenTests(ITestOutputHelper output) : IDisposable
{
    private readonly Closeness _closeness = new(output);
    private readonly CpuDevice _device = new(2);

    [Theory]
    [InlineData("convnet_28x28x1")]
    [InlineData("convnet_32x32x3")]
    [InlineData("convnet_9x9x2")]
    [InlineData("convnet_17x13x3")]
    [InlineData("mlp_28x28x1")]
    [InlineData("mlp_9x9x2")]
    [InlineData("lenet_28x28x1")]
    [InlineData("lenet_21x17x2")]
    [InlineData("logistic_9x9x2")]
    [InlineData("resnet9_12x11x3")]
    [InlineData("resnet9_training")]
    [InlineData("resnet9_group_norm")]
    [InlineData("resnet18_9x8x3")]
    [InlineData("resnet18_training")]
    [InlineData("resnet18_imagenet")]
    [InlineData("vgg11_32x32x3")]
    [InlineData("alexnet_12x13x1")]
    [InlineData("alexnet_gelu")]
    public void Every_derivative_of_a_network_matches_PyTorch(string file)
    {
        GoldenCase golden = GoldenCase.Read(file);
        Network network = golden.Network;
        int samples = golden.Count("x");
        Tensor weights = _device.Upload(new TensorShape(1, samples, 1), golden.Tensor("weights"));
        using var loss = new LossGradient(_device, network, 1, samples, keepLogits: true, TrainingOf(golden, weights, samples));
        TensorShape vector = TensorShape.Vector(1, network.ParameterCount);
        Tensor parameters = _device.Upload(vector, golden.Vector("param"));
        Tensor direction = _device.Upload(vector, golden.Vector("direction"));
        Tensor images = _device.Upload(network.Input.For(1, samples), golden.Tensor("x"));
        Tensor labels = _device.Upload(network.Output.For(1, samples), golden.Tensor("q"));
        Tensor perSample = _device.Allocate(weights.Shape);
        Tensor gradient = _device.Allocate(vector);
        Tensor imagesGradient = _device.Allocate(images.Shape);
        Tensor product = _device.Allocate(vector);
        Tensor imagesTangent = _device.Allocate(images.Shape);
        Tensor logitsTangent = _device.Allocate(labels.Shape);
        Run(() =>
        {
            loss.Evaluate(parameters, images, labels, weights, perSample, gradient, imagesGradient);
            loss.EvaluateTangent(direction, product, imagesTangent, null);
            _device.LinearCombination.Copy(loss.Pass.OutputTangent, logitsTangent);
        });

        Check("logits", loss.Logits, golden.Tensor("logits"));
        Check("loss per sample", perSample, golden.Tensor("loss_per_sample"));
        CheckVector("gradient", network, gradient, golden.Vector("grad"));
        Check("images", imagesGradient, golden.Tensor("grad_input"));
        CheckVector("Hessian-vector product", network, product, golden.Vector("hvp"));
        Check("tangent of images", imagesTangent, golden.Tensor("tangent_input"));
        Check("tangent of logits", logitsTangent, golden.Tensor("tangent_logits"));
    }

    [Theory]
    [InlineData("matching_forward", 1)]
    [InlineData("matching_reverse", -1)]
    [InlineData("matching_dead_channel", 1)]
    [InlineData("matching_resnet9", -1)]
    public void Targets_of_matching_are_the_real_gradients_of_every_group(string file, int sign)
    {
        GoldenCase golden = GoldenCase.Read(file);
        Network network = golden.Network;
        int[] sizes = golden.Integers("group_sizes");
        int samples = golden.Count("real_x");
        int[] classes = golden.Integers("real_y");
        var oneHot = new float[samples * network.Classes];
        var mean = new float[sizes.Length * samples];
        for ((int n, int g) = (0, 0); g < sizes.Length; n += sizes[g], g++)
            mean.AsSpan(g * samples + n, sizes[g]).Fill(1f / sizes[g]);
        for (int n = 0; n < samples; n++)
            oneHot[n * network.Classes + classes[n]] = 1;
        using var loss = new LossGradient(_device, network, sizes.Length, samples);
        Tensor parameters = _device.Upload(TensorShape.Vector(1, network.ParameterCount), golden.Vector("target_param"));
        Tensor images = _device.Upload(network.Input.For(1, samples), golden.Tensor("real_x"));
        Tensor labels = _device.Upload(network.Output.For(1, samples), oneHot);
        Tensor weights = _device.Upload(new TensorShape(sizes.Length, samples, 1), mean);
        Tensor gradient = _device.Allocate(TensorShape.Vector(sizes.Length, network.ParameterCount));
        Run(() => loss.Evaluate(parameters, images, labels, weights, null, gradient, null));

        _closeness.Check("targets", [.. gradient.ToArray().Select(value => sign * value)],
            Doubles(golden.Vectors("target_grad", sizes.Length)));
    }

    [Theory]
    [InlineData("matching_forward", "relative", GradientDistanceKind.Relative)]
    [InlineData("matching_forward", "relative-per-layer", GradientDistanceKind.RelativePerLayer)]
    [InlineData("matching_forward", "row-cosine", GradientDistanceKind.RowCosine)]
    [InlineData("matching_reverse", "relative", GradientDistanceKind.Relative)]
    [InlineData("matching_reverse", "relative-per-layer", GradientDistanceKind.RelativePerLayer)]
    [InlineData("matching_reverse", "row-cosine", GradientDistanceKind.RowCosine)]
    [InlineData("matching_dead_channel", "relative", GradientDistanceKind.Relative)]
    [InlineData("matching_dead_channel", "relative-per-layer", GradientDistanceKind.RelativePerLayer)]
    [InlineData("matching_dead_channel", "row-cosine", GradientDistanceKind.RowCosine)]
    [InlineData("matching_resnet9", "relative", GradientDistanceKind.Relative)]
    [InlineData("matching_resnet9", "relative-per-layer", GradientDistanceKind.RelativePerLayer)]
    [InlineData("matching_resnet9", "row-cosine", GradientDistanceKind.RowCosine)]
    public void Matching_losses_and_their_gradients_match_PyTorch(string file, string distanceName, GradientDistanceKind kind)
    {
        GoldenCase golden = GoldenCase.Read(file);
        Network network = golden.Network;
        int groups = golden.Count($"distance.{distanceName}");
        int perGroup = golden.Count("synset_images") / groups;
        using var matching = new MatchingGradient(_device, network, kind, groups, perGroup);
        Tensor parameters = _device.Upload(TensorShape.Vector(1, network.ParameterCount), golden.Vector("synset_param"));
        Tensor images = _device.Upload(network.Input.For(groups, perGroup), golden.Tensor("synset_images"));
        Tensor labels = _device.Upload(network.Output.For(groups, perGroup), golden.Tensor("synset_labels"));
        Tensor weights = _device.Upload(new TensorShape(1, perGroup, 1), [.. Enumerable.Repeat(1f / perGroup, perGroup)]);
        Tensor target = _device.Upload(TensorShape.Vector(groups, network.ParameterCount), golden.Vectors("target_grad", groups));
        Tensor distance = _device.Allocate(TensorShape.Vector(groups, 1));
        Tensor imagesGradient = _device.Allocate(images.Shape);
        Tensor labelsGradient = _device.Allocate(labels.Shape);
        Run(() => matching.Evaluate(parameters, images, labels, weights, target, distance, imagesGradient, labelsGradient));

        Check("distance", distance, golden.Tensor($"distance.{distanceName}"));
        Check("images", imagesGradient, golden.Tensor($"grad_images.{distanceName}"));
        Check("labels", labelsGradient, golden.Tensor($"grad_labels.{distanceName}"));
    }

    [Theory]
    [InlineData("training")]
    [InlineData("training_resnet9")]
    public void Ten_steps_of_training_end_where_PyTorch_ends(string file)
    {
        GoldenCase golden = GoldenCase.Read(file);
        Network network = golden.Network;
        int[] classes = golden.Integers("y");
        int[] order = golden.Integers("order");
        int[] offsets = golden.Integers("batch_offsets");
        float[] rates = golden.Tensor("learning_rates");
        int batch = offsets.Zip(offsets.Skip(1), (from, to) => to - from).Max();
        var oneHot = new float[classes.Length * network.Classes];
        for (int n = 0; n < classes.Length; n++)
            oneHot[n * network.Classes + classes[n]] = 1;
        TensorShape vector = TensorShape.Vector(1, network.ParameterCount);
        Tensor weights = _device.Allocate(new TensorShape(1, batch, 1));
        using var loss = new LossGradient(_device, network, 1, batch, training: TrainingOf(golden, weights, batch));
        Tensor parameters = _device.Upload(vector, golden.Vector("initial"));
        Tensor velocity = _device.Allocate(vector);
        Tensor gradient = _device.AllocateTransient(vector);
        Tensor data = _device.Upload(network.Input.For(1, classes.Length), golden.Tensor("x"));
        Tensor dataLabels = _device.Upload(network.Output.For(1, classes.Length), oneHot);
        Tensor images = _device.AllocateTransient(network.Input.For(1, batch));
        Tensor labels = _device.AllocateTransient(network.Output.For(1, batch));
        Tensor indices = _device.Allocate(new TensorShape(1, batch, 1));
        Tensor perSample = _device.Allocate(indices.Shape);
        Tensor rate = _device.Allocate(TensorShape.Vector(1, 1));
        using IPlan step = _device.Record("step", () =>
        {
            _device.Gather.Samples(data, indices, images);
            _device.Gather.Samples(dataLabels, indices, labels);
            loss.Evaluate(parameters, images, labels, weights, perSample, gradient, null);
            _device.Sgd.Step(parameters, velocity, gradient, rate, 0.9f);
            loss.Pass.UpdateRunningStatistics(parameters);
        });

        var losses = new List<double>();
        for (int t = 0; t + 1 < offsets.Length; t++)
        {
            // A short batch repeats its first sample with weight zero.
            int[] chosen = order[offsets[t]..offsets[t + 1]];
            indices.Upload([.. Enumerable.Range(0, batch).Select(n => (float)chosen[n < chosen.Length ? n : 0])]);
            weights.Upload([.. Enumerable.Range(0, batch).Select(n => n < chosen.Length ? 1f / chosen.Length : 0)]);
            rate.Upload([rates[t]]);
            step.Run();
            losses.Add(perSample.ToArray().Take(chosen.Length).Average());
        }

        _closeness.Check("losses", losses, Doubles(golden.Tensor("losses")));
        CheckVector("parameters", network, parameters, golden.Vector("final"));
        CheckVector("velocity", network, velocity, golden.Vector("velocity"));
    }

    public void Dispose() => _device.Dispose();

    private TrainingInputs? TrainingOf(GoldenCase golden, Tensor weights, int samples)
        => golden.IsTraining ? new TrainingInputs(weights, _device.Allocate(new TensorShape(1, samples, 2)), 0) : null;

    private void Run(Action body)
    {
        using IPlan plan = _device.Record("golden", body);
        plan.Run();
    }

    private void Check(string what, Tensor found, float[] expected) => _closeness.Check(what, found.ToArray(), Doubles(expected));

    /// <summary>The vector as a whole, and every tensor of it that is not lost in the rounding of the others.</summary>
    private void CheckVector(string what, Network network, Tensor found, float[] expected)
    {
        float[] values = found.ToArray();
        Check(what, found, expected);
        double whole = expected.Sum(value => (double)value * value);
        foreach (ParameterTensor parameter in network.Parameters)
        {
            double[] part = Doubles(expected[parameter.Offset..(parameter.Offset + parameter.Length)]);
            if (part.Sum(value => value * value) > 1e-4 * whole)
                _closeness.Check($"{what}, {parameter.Name}", values[parameter.Offset..(parameter.Offset + parameter.Length)], part);
        }
    }
}
