using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The cotangents of a pass's tensors while they are recorded from the logits down, or the tangents of these cotangents. A tensor that
/// several layers read has the sum of their contributions, in the order of recording.
/// </summary>
/// <param name="device">The device of the pass.</param>
/// <param name="network">Its network.</param>
/// <param name="samples">N.</param>
internal sealed class Cotangents(Device device, Network network, int samples) : IDisposable
{
    private readonly Dictionary<(int Members, int Tensor, int Contribution), Tensor> _buffers = [];
    private readonly List<(Tensor Values, bool IsOwn)>?[] _contributions = new List<(Tensor, bool)>?[network.Layers.Count + 1];
    private int _members;
    private Tensor? _imagesResult;

    /// <summary>
    /// Starts a recording for <paramref name="members"/> members: the output has this cotangent, and that of the images goes to
    /// <paramref name="imagesResult"/>.
    /// </summary>
    public void Begin(int members, Tensor outputCotangent, Tensor? imagesResult)
    {
        Array.Clear(_contributions);
        (_members, _imagesResult) = (members, imagesResult);
        PassOn(network.Layers.Count - 1, outputCotangent);
    }

    /// <summary>Adds another tensor's cotangent, unchanged, to that of tensor <paramref name="tensor"/>.</summary>
    public void PassOn(int tensor, Tensor cotangent) => Of(tensor).Add((cotangent, false));

    /// <summary>Where a layer that reads tensor <paramref name="tensor"/> writes its contribution.</summary>
    public Tensor AddContribution(int tensor)
    {
        List<(Tensor Values, bool IsOwn)> contributions = Of(tensor);
        Tensor target = tensor < 0 && contributions.Count == 0 ? _imagesResult! : Buffer(tensor, contributions.Count);
        contributions.Add((target, true));
        return target;
    }

    /// <summary>Records the sum of a tensor's contributions, after the layers that read it, and returns it.</summary>
    public Tensor Sum(int tensor)
    {
        List<(Tensor Values, bool IsOwn)> contributions = Of(tensor);
        Tensor? required = tensor < 0 ? _imagesResult : null;
        if (contributions.Count == 1 && (required is null || contributions[0].Values == required))
            return contributions[0].Values;
        Tensor sum = required ?? contributions.Find(contribution => contribution.IsOwn).Values ?? Buffer(tensor, contributions.Count);
        if (contributions.Count == 1)
            device.LinearCombination.Copy(contributions[0].Values, sum);
        else
            Add(contributions, sum);
        contributions.Clear();
        contributions.Add((sum, true));
        return sum;
    }

    /// <summary>The cotangent of a tensor after <see cref="Sum"/>; null if it was not requested.</summary>
    public Tensor? Summed(int tensor) => Of(tensor) is [var summed] ? summed.Values : null;

    public void Dispose()
    {
        foreach (Tensor buffer in _buffers.Values)
            buffer.Dispose();
    }

    /// <summary>
    /// Adds all contributions. The sum may be in the place of one of them, which therefore is part of the first addition.
    /// </summary>
    private void Add(List<(Tensor Values, bool IsOwn)> contributions, Tensor sum)
    {
        int inPlace = Math.Max(0, contributions.FindIndex(contribution => contribution.Values == sum));
        Tensor total = contributions[inPlace].Values;
        for (int i = 0; i < contributions.Count; i++)
        {
            if (i == inPlace)
                continue;
            device.LinearCombination.Combine(1, total, 1, contributions[i].Values, sum);
            total = sum;
        }
    }

    private List<(Tensor Values, bool IsOwn)> Of(int tensor) => _contributions[tensor + 1] ??= [];

    private Tensor Buffer(int tensor, int contribution)
    {
        (int, int, int) key = (_members, tensor, contribution);
        if (!_buffers.TryGetValue(key, out Tensor? buffer))
            _buffers[key] = buffer = device.AllocateTransient(network.ShapeOf(tensor).For(_members, samples));
        return buffer;
    }
}
