using System.Numerics.Tensors;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A parameter gradient while it is summed over a member's samples. A member's samples are cut into slots that depend only on their number;
/// each slot is summed separately and the slots are added in order, so that neither the number of threads nor the size of the ensemble
/// changes a bit.
/// </summary>
internal sealed unsafe class GradientSum(CpuOperand vector, Slice slice, int length)
{
    /// <summary>The parameter vector that receives the sum.</summary>
    public CpuOperand Vector { get; } = vector;

    /// <summary>Where in it.</summary>
    public int Offset { get; } = slice.Offset;

    /// <summary>Floats of the gradient in the kernel's layout.</summary>
    public int Length { get; } = length;

    /// <summary>Workspace offset of the current slot and, when one thread runs all slots of a member, of the sum so far.</summary>
    public long SlotOffset { get; set; }

    public long TotalOffset { get; set; }

    /// <summary>Slots of all members, [E, slots, length], when threads share a member.</summary>
    public AlignedMemory? SharedSlots { get; set; }

    /// <summary>Whether the kernel itself begins a slot's sum, by assigning; otherwise the slot is cleared first.</summary>
    public bool IsAssignedFirst { get; init; }

    /// <summary>Converts the gradient from the kernel's layout to the parameters': source, target.</summary>
    public Layout Convert { get; init; } = (source, target) =>
        new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(target, length));

    public delegate void Layout(float* source, float* target);

    /// <summary>Where the calls of this tile's slot add.</summary>
    public float* Slot(Workspace workspace) => workspace.Start + SlotOffset;

    /// <summary>Adds a vector to the floats of this tile's slot from <paramref name="at"/> on.</summary>
    public void Add<TLanes>(in Tile tile, int at, int lanes, Vector16 values)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        float* total = Slot(tile.Workspace) + at;
        TLanes.Store(TLanes.Load(total, lanes) + values, total, lanes);
    }

    /// <summary>Adds a slot's values to the total; slot 0 begins it.</summary>
    public static void AddSlot(int slot, float* values, float* total, int length)
    {
        var sum = new Span<float>(total, length);
        var part = new ReadOnlySpan<float>(values, length);
        if (slot == 0)
            part.CopyTo(sum);
        else
            TensorPrimitives.Add(sum, part, sum);
    }

    /// <summary>Writes the sum to the tile's member of the parameter vector.</summary>
    public void Write(in Tile tile, float* total) => Convert(total, Vector.At(tile, 0) + Offset);
}
