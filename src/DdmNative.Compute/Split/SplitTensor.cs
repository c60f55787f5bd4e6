namespace DdmNative.Compute.Split;

/// <summary>A tensor whose members are on several devices; a shared one has a copy on each.</summary>
internal sealed class SplitTensor : Tensor
{
    private readonly SplitDevice _owner;
    private readonly Tensor?[] _parts;

    /// <param name="owner">The devices.</param>
    /// <param name="shape">The shape of the whole tensor.</param>
    /// <param name="allocate">Allocates a device's part of it.</param>
    public SplitTensor(SplitDevice owner, TensorShape shape, Func<Device, TensorShape, Tensor> allocate)
        : base(shape)
    {
        _owner = owner;
        _parts = new Tensor?[owner.Devices.Count];
        try
        {
            for (int i = 0; i < _parts.Length; i++)
                if (owner.MembersOf(i, shape.Members).Count is int members and > 0)
                    _parts[i] = allocate(owner.Devices[i], shape.WithMembers(members));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The part of the tensor on the device of this index.</summary>
    public Tensor Part(int device)
        => _parts[device] ?? throw new InvalidOperationException(
            $"Device {_owner.Devices[device].Name} has no member of a tensor of shape {Shape}.");

    public override void Upload(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        for (int i = 0; i < _parts.Length; i++)
            _parts[i]?.Upload(values[FloatsOf(i)]);
    }

    public override void Download(Span<float> values)
    {
        RequireLength(values.Length);
        if (Shape.Members == 1)
        {
            Part(0).Download(values);
            return;
        }
        for (int i = 0; i < _parts.Length; i++)
            _parts[i]?.Download(values[FloatsOf(i)]);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (Tensor? part in _parts)
            part?.Dispose();
    }

    private Range FloatsOf(int device)
    {
        MemberRange members = _owner.MembersOf(device, Shape.Members);
        return (int)(members.First * Shape.MemberLength)..(int)((members.First + members.Count) * Shape.MemberLength);
    }
}
