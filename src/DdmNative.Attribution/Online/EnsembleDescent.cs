using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Online;

/// <summary>Fills in the weights or label vectors of one member.</summary>
internal delegate void MemberFill(int member, Span<float> values);

/// <summary>The samples that an ensemble descends on.</summary>
/// <param name="Images">[1, M, C, H, W], shared by all members.</param>
/// <param name="Labels">Label vectors [M, K] that all members share.</param>
/// <param name="Weights">Fills in a member's sample weights [N].</param>
internal sealed record DescentSamples(Tensor Images, float[] Labels, MemberFill Weights)
{
    /// <summary>Fills in a member's own label vectors [N, K] instead of the shared ones; null if all members have the same.</summary>
    public MemberFill? MemberLabels { get; init; }

    /// <summary>Fills in the indices [N] of a member's images; null if every member uses all images (N = M).</summary>
    public MemberFill? Indices { get; init; }

    /// <summary>N if members use only some of the images.</summary>
    public int PicksPerMember { get; init; }
}

/// <summary>
/// Descent of many models at once from one start: every member has its own weights on the same images, which is all that a removed group
/// changes. A step uses all images of a small synset and a batch of a large one (<see cref="SynsetBatches"/>). One step is one recorded
/// plan (pick, forward, loss, backward, SGD); members run in waves.
/// </summary>
/// <param name="context">The device, the network and the wave.</param>
/// <param name="momentum">μ.</param>
/// <param name="decay">λ of the weight decay; 0 for a mode that does not descend the training loss.</param>
/// <param name="nesterov">Whether the momentum is Nesterov's.</param>
internal sealed class EnsembleDescent(OnlineContext context, float momentum, float decay = 0, bool nesterov = false)
{
    /// <summary>Runs one step for each rate, from zero velocity, and returns the members' parameters [E, P].</summary>
    public float[] Run(float[] start, DescentSamples samples, IReadOnlyList<float> rates, int members)
    {
        int length = context.Network.ParameterCount;
        var result = new float[(long)members * length];
        int total = rates.Count * ((members + context.Wave - 1) / context.Wave);
        for (int first = 0; first < members; first += context.Wave)
        {
            int count = Math.Min(context.Wave, members - first);
            int done = rates.Count * (first / context.Wave);
            RunWave(start, samples, rates, first, result.AsSpan(first * length, count * length),
                step => context.OnStep?.Invoke(done + step, total));
        }
        return result;
    }

    private void RunWave(float[] start, DescentSamples samples, IReadOnlyList<float> rates, int first, Span<float> result,
        Action<int> onStep)
    {
        Device device = context.Device;
        Network network = context.Network;
        int members = result.Length / network.ParameterCount;
        TensorShape source = samples.Images.Shape;
        SynsetBatches? batches = samples.Indices is null
            && source.Samples > SynsetBatches.LargestWhole ? new SynsetBatches(source.Samples) : null;
        int count = batches?.Size ?? (samples.Indices is null ? source.Samples : samples.PicksPerMember);
        var logits = new TensorShape(members, count, network.Classes);
        TensorShape vector = TensorShape.Vector(members, network.ParameterCount);

        for (int member = 0; member < members; member++)
            start.CopyTo(result.Slice(member * network.ParameterCount, network.ParameterCount));
        using Tensor parameters = device.Upload(vector, result);
        using Tensor velocity = device.Allocate(vector);
        using Tensor gradient = device.AllocateTransient(vector);
        using Tensor? decays = DecayVector.Upload(device, network, decay);
        using Tensor cotangent = device.AllocateTransient(logits);
        using Tensor rate = device.Allocate(TensorShape.Vector(1, 1));
        int all = batches?.Images ?? count;
        float[] allWeights = PerMember(samples.Weights, first, members, all);
        float[] allLabels = samples.MemberLabels is null
            ? samples.Labels : PerMember(samples.MemberLabels, first, members, all * network.Classes);
        using Tensor weights = device.Allocate(new TensorShape(members, count, 1));
        using Tensor givenLabels = device.Allocate(samples.MemberLabels is not null
            ? logits : new TensorShape(1, batches is null ? source.Samples : count, network.Classes));
        if (batches is null)
        {
            weights.Upload(allWeights);
            givenLabels.Upload(allLabels);
        }

        // A member's own picks do not change; a batch is the same for all members and different in every step.
        using Tensor? indices = samples.Indices is not null
            ? device.Upload(new TensorShape(members, count, 1), PerMember(samples.Indices, first, members, count))
            : batches is null ? null : device.Allocate(new TensorShape(1, count, 1));
        using Tensor? picked = indices is null
            ? null : device.AllocateTransient(new TensorShape(indices.Shape.Members, count, source.Channels, source.Height, source.Width));
        using Tensor? pickedLabels = samples.Indices is null || samples.MemberLabels is not null ? null : device.AllocateTransient(logits);
        Tensor images = picked ?? samples.Images;
        Tensor labels = pickedLabels ?? givenLabels;
        using var pass = new NetworkPass(device, network, members, count);
        using IPlan step = device.Record("online step", () =>
        {
            if (indices is not null && picked is not null)
                device.Gather.Samples(samples.Images, indices, picked);
            if (indices is not null && pickedLabels is not null)
                device.Gather.Samples(givenLabels, indices, pickedLabels);
            pass.Forward(parameters, images);
            device.SoftmaxCrossEntropy.Backward(pass.Output, labels, weights, cotangent);
            pass.Backward(parameters, images, cotangent, gradient, null);
            device.Sgd.Step(parameters, velocity, gradient, rate, momentum, decays, nesterov);
        });
        for (int i = 0; i < rates.Count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            rate.Upload([rates[i]]);
            if (batches is not null)
            {
                (int[] batch, float factor) = batches.Of(i);
                indices!.Upload([.. batch, .. new float[count - batch.Length]]);
                weights.Upload(batches.Pick(allWeights, members, 1, batch, factor));
                givenLabels.Upload(batches.Pick(allLabels, givenLabels.Shape.Members, network.Classes, batch));
            }

            step.Run();
            onStep(i + 1);
        }
        parameters.Download(result);
    }

    private static float[] PerMember(MemberFill fill, int first, int members, int length)
    {
        var values = new float[members * length];
        for (int member = 0; member < members; member++)
            fill(first + member, values.AsSpan(member * length, length));
        return values;
    }
}
