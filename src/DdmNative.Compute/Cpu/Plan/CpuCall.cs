namespace DdmNative.Compute.Cpu;

/// <summary>
/// One recorded kernel call. It runs tile by tile on one thread each; all parallelism is the plan's.
/// </summary>
internal abstract unsafe class CpuCall(string name, int members, int samples) : IKernelCall
{
    private readonly List<CpuOperand> _operands = [];
    private readonly List<GradientSum> _gradients = [];

    /// <summary>Operation and layer-independent form, for profiles: <c>convolution.forward</c>.</summary>
    public string Name { get; } = name;

    /// <summary>E of the call.</summary>
    public int Members { get; } = members;

    /// <summary>N of the call: the samples a member's tiles are cut from. 1 for what concerns a member as a whole.</summary>
    public int Samples { get; } = samples;

    public IReadOnlyList<CpuOperand> Operands => _operands;

    public IReadOnlyList<GradientSum> Gradients => _gradients;

    public string Shape => KernelShape.Describe(_operands);

    public virtual double FlopsPerSample => 0;

    public virtual double BytesPerSample => _operands.Where(o => !o.IsReadWhole).Select(o => o.Tensor).Distinct().Sum(tensor => (double)tensor.Shape.SampleLength * sizeof(float));

    /// <summary>Floats that stay with the thread from block to block of a member.</summary>
    public long RetainedFloats { get; protected init; }

    /// <summary>Those of them that decide how many samples it takes at a time, as <see cref="CpuSegment"/> cuts: the block is spread over passing them.</summary>
    public virtual long PassedFloats => RetainedFloats;

    /// <summary>Set by the plan: where the retained floats are, and which of the workspace's keys is this call's.</summary>
    public long RetainedOffset { get; set; }

    public int RetainedIndex { get; set; }

    /// <summary>Parts of the retained floats that are made anew independently of each other.</summary>
    public int RetainedParts { get; protected init; } = 1;

    /// <summary>Floats needed during one tile of the given number of samples.</summary>
    public virtual long TemporaryFloats(int samples) => 0;

    /// <summary>Called after the last tile of a slot, for sums that a call keeps in a form of its own.</summary>
    public virtual void EndSlot(Workspace workspace)
    {
    }

    /// <summary>Computes the tile's samples.</summary>
    public abstract void Execute(in Tile tile);

    protected CpuOperand Read(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: false, isReadWhole: false));

    protected CpuOperand? ReadOptional(Tensor? tensor) => tensor is null ? null : Read(tensor);

    protected CpuOperand ReadWhole(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: false, isReadWhole: true));

    protected CpuOperand Write(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: true, isReadWhole: false));

    /// <summary>Written in other places than its tile's samples.</summary>
    protected CpuOperand WriteWhole(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: true, isReadWhole: true));

    protected CpuParameters Read(Slice slice) => new(ReadWhole(slice.Vector), slice.Offset, slice.Length);

    /// <summary>Takes over another call's operands and gradients, except for tensors that this call does without.</summary>
    protected void Adopt(CpuCall call, CpuTensor[] except)
    {
        _operands.AddRange(call.Operands.Where(operand => !except.Contains(operand.Tensor) && !_operands.Contains(operand)));
        _gradients.AddRange(call.Gradients.Where(gradient => !_gradients.Contains(gradient)));
    }

    /// <summary>Takes over a parameter that another call reads too.</summary>
    protected void Adopt(CpuParameters parameters)
    {
        if (!_operands.Contains(parameters.Vector))
            _operands.Add(parameters.Vector);
    }

    protected CpuParameters? ReadOptional(Slice? slice) => slice is Slice given ? Read(given) : null;

    /// <summary>A gradient of <paramref name="length"/> floats in the kernel's form, turned into the slice's by <paramref name="convert"/>.</summary>
    protected GradientSum Sum(Slice slice, int length, GradientSum.Layout? convert = null, bool isAssignedFirst = false)
    {
        var vector = new CpuOperand(Own(slice.Vector), isWritten: true, isReadWhole: true);
        GradientSum sum = convert is null
            ? new GradientSum(vector, slice.Offset, length) { IsAssignedFirst = isAssignedFirst }
            : new GradientSum(vector, slice.Offset, length) { IsAssignedFirst = isAssignedFirst, Convert = convert };
        _gradients.Add(sum);
        return sum;
    }

    /// <summary>The samples' products beside the gradient, where they are wanted.</summary>
    protected RunningProducts? ReadProducts(Contracts.SampleProducts? wanted)
        => wanted is Contracts.SampleProducts products ? new RunningProducts(Read(products.WeightDirections), Read(products.BiasDirections), Write(products.Products), products) : null;

    /// <summary>The floats that stay with the thread.</summary>
    protected float* Retained(in Tile tile) => tile.Workspace.Start + RetainedOffset;

    /// <summary>Whether a part of the retained floats, made from what is shared or this tile's member's own, must be made anew; it counts as made from then on.</summary>
    protected bool MustRenew(in Tile tile, bool isShared, int part = 0) => tile.Workspace.MustRenew(RetainedIndex + part, isShared ? -2 : tile.Member);

    protected static void Clear(float* values, long length) => new Span<float>(values, checked((int)length)).Clear();

    private static CpuTensor Own(Tensor tensor)
        => tensor as CpuTensor ?? throw new ArgumentException($"A tensor of another device ({tensor.GetType().Name}) was given to the CPU.", nameof(tensor));

    private CpuOperand Add(CpuOperand operand)
    {
        _operands.Add(operand);
        return operand;
    }
}

/// <summary>A slice of a parameter vector as one call reads it.</summary>
internal sealed unsafe class CpuParameters(CpuOperand vector, int offset, int length)
{
    public CpuOperand Vector { get; } = vector;

    public int Offset { get; } = offset;

    public int Length { get; } = length;

    public bool IsShared => Vector.Tensor.Shape.Members == 1;

    /// <summary>The parameters of the tile's member; of vectors that come several to a member, the first or the <paramref name="sample"/>-th.</summary>
    public float* At(in Tile tile, int sample = 0) => Vector.At(tile, sample) + Offset;
}
