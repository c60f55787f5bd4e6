
namespace DdmNative.Compute.Split;

/// <summary>
/// Several devices of one kind used as one: the ensemble axis is split over them. A tensor with members has a run of them on each device; a
/// shared tensor (E = 1) has a copy on every device. Members are independent, so no device waits for another: each makes the call on its
/// own members. The bits are those of one device, because a member's bits do not depend on the other members.
/// </summary>
/// <remarks>
/// Every device makes a call whose result is shared, so such a call is no faster than on one device. With fewer members than devices, some
/// devices are idle. Not thread-safe.
/// </remarks>
public sealed class SplitDevice : Device
{
    /// <summary>While a plan is recorded: each device's calls.</summary>
    private List<Action>[]? _recorded;

    /// <param name="devices">Two or more; disposed with this one.</param>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    public SplitDevice(IReadOnlyList<Device> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        if (devices.Count < 2)
            throw new ArgumentException($"{devices.Count} devices cannot share an ensemble; expected two or more.", nameof(devices));
        Devices = devices;
    }

    /// <summary>The devices, in the order of their members.</summary>
    public IReadOnlyList<Device> Devices { get; }

    public override string Name => string.Join(" and ", Devices.Select(device => device.Name));

    public override string Description => string.Join("; ", Devices.Select(device => $"{device.Name}: {device.Description}"));

    /// <summary>A member's bits do not depend on the other members, so several equal devices have the arithmetic of one.</summary>
    public override string Arithmetic => string.Join("; ", Devices.Select(device => device.Arithmetic).Distinct());

    public override Tensor Allocate(TensorShape shape) => new SplitTensor(this, shape, (device, part) => device.Allocate(part));

    public override Tensor AllocateTransient(TensorShape shape)
        => new SplitTensor(this, shape, (device, part) => device.AllocateTransient(part));

    public override IPlan Record(string name, Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (_recorded is not null)
            throw new InvalidOperationException($"Plan '{name}' cannot be recorded inside another recording.");
        List<Action>[] calls = _recorded = [.. Devices.Select(_ => new List<Action>())];
        try
        {
            body();
        }
        finally
        {
            _recorded = null;
        }
        if (calls.All(own => own.Count == 0))
            throw new InvalidOperationException($"Plan '{name}' recorded no kernel call.");
        return SplitPlan.Record(name, Devices, calls);
    }

    /// <summary>The run of members that a device has, of <paramref name="members"/> in all; longer runs come last.</summary>
    internal MemberRange MembersOf(int device, int members)
    {
        if (members == 1)
            return new MemberRange(0, 1);
        int first = (int)((long)members * device / Devices.Count);
        return new MemberRange(first, (int)((long)members * (device + 1) / Devices.Count) - first);
    }

    /// <summary>Makes a call on every device that has members of its result, or records it while a plan is recorded.</summary>
    /// <param name="result">A tensor that the call writes.</param>
    /// <param name="call">The call, given the device and its index.</param>
    internal void ForEachDevice(Tensor result, Action<Device, int> call)
    {
        for (int i = 0; i < Devices.Count; i++)
        {
            if (MembersOf(i, result.Shape.Members).Count == 0)
                continue;
            (Device device, int number) = (Devices[i], i);
            if (_recorded is null)
                call(device, number);
            else
                _recorded[i].Add(() => call(device, number));
        }
    }

    protected override DeviceOperations CreateOperations() => new()
    {
        Convolution = new SplitConvolution(this),
        MatrixProduct = new SplitMatrixProduct(this),
        InstanceNorm = new SplitInstanceNorm(this),
        BatchNorm = new SplitBatchNorm(this),
        FrozenBatchNorm = new SplitFrozenBatchNorm(this),
        GroupNorm = new SplitGroupNorm(this),
        ReluAvgPool = new SplitReluAvgPool(this),
        MaxPool = new SplitMaxPool(this),
        AvgPool = new SplitAvgPool(this),
        Gelu = new SplitGelu(this),
        Dropout = new SplitDropout(this),
        SoftmaxCrossEntropy = new SplitSoftmaxCrossEntropy(this),
        GradientDistance = new SplitGradientDistance(this),
        Sgd = new SplitSgd(this),
        Adam = new SplitAdam(this),
        Reduction = new SplitReduction(this),
        Philox = new SplitPhilox(this),
        Fill = new SplitFill(this),
        LinearCombination = new SplitLinearCombination(this),
        Gather = new SplitGather(this),
        CropFlip = new SplitCropFlip(this),
        Flatten = new SplitFlatten(this),
    };

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (Device device in Devices)
            device.Dispose();
    }
}

/// <summary>A run of ensemble members.</summary>
internal readonly record struct MemberRange(int First, int Count);
