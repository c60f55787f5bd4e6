namespace DdmNative.Compute.Cpu;

/// <summary>
/// One recorded kernel call. It runs tile by tile on one thread each; all parallelism is the plan's.
/// </summary>
internal abstract unsafe class CpuCall(string name, int members, int samples) : IKernelCall
{
    private readonly List<CpuOperand> _operands = [];
    private readonly List<GradientSum> _gradients = [];

    /// <summary>The operation and its form, for profiles: <c>convolution.forward</c>.</summary>
    public string Name { get; } = name;

    /// <summary>E of the call.</summary>
    public int Members { get; } = members;

    /// <summary>N of the call: the samples a member's tiles are cut from. 1 for calls on whole members.</summary>
    public int Samples { get; } = samples;

    public IReadOnlyList<CpuOperand> Operands => _operands;

    public IReadOnlyList<GradientSum> Gradients => _gradients;

    /// <summary>Tensors between this call and the later calls of its operation. The plan disposes them.</summary>
    public IReadOnlyList<CpuTensor> Scratch { get; init; } = [];

    public string Shape => KernelShape.Describe(_operands);

    public virtual double FlopsPerSample => 0;

    public virtual double BytesPerSample
        => _operands.Where(o => !o.IsReadWhole).Select(o => o.Tensor).Distinct()
            .Sum(tensor => (double)tensor.Shape.SampleLength * sizeof(float));

    /// <summary>Floats that the thread retains from one block of a member to the next.</summary>
    public long RetainedFloats { get; protected set; }

    /// <summary>
    /// The floats, retained or in a bank of filters, that limit how many samples the call takes at a time (<see cref="CpuSegment"/>): one
    /// pass over them serves a whole block.
    /// </summary>
    public virtual long PassedFloats => RetainedFloats;

    /// <summary>Whether the call writes a tensor, by itself or by the gradients that it sums.</summary>
    public bool Writes(CpuTensor tensor)
        => _operands.Exists(operand => operand.IsWritten && operand.Tensor == tensor)
            || _gradients.Exists(gradient => gradient.Vector.Tensor == tensor);

    /// <summary>Set by the plan: the offset of the retained floats, and the index of this call's key in the workspace.</summary>
    public long RetainedOffset { get; set; }

    public int RetainedIndex { get; set; }

    /// <summary>The number of parts of the retained floats that are recomputed independently of each other.</summary>
    public int RetainedParts { get; protected init; } = 1;

    /// <summary>Floats needed during one tile of the given number of samples.</summary>
    public virtual long TemporaryFloats(int samples) => 0;

    /// <summary>Called after the last tile of a slot, for calls that keep sums in their own layout.</summary>
    public virtual void EndSlot(Workspace workspace)
    {
    }

    /// <summary>Computes the tile's samples.</summary>
    public abstract void Execute(in Tile tile);

    protected CpuOperand Read(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: false, isReadWhole: false));

    protected CpuOperand? ReadOptional(Tensor? tensor) => tensor is null ? null : Read(tensor);

    /// <summary>Declares a tensor that the call reads outside its tile's samples.</summary>
    protected CpuOperand ReadWhole(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: false, isReadWhole: true));

    protected CpuOperand Write(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: true, isReadWhole: false));

    /// <summary>Declares a tensor that the call writes outside its tile's samples.</summary>
    protected CpuOperand WriteWhole(Tensor tensor) => Add(new CpuOperand(Own(tensor), isWritten: true, isReadWhole: true));

    /// <summary>Declares a part of each member's parameter vector, of which the call writes nothing else.</summary>
    /// <param name="slice">The part of the vector.</param>
    /// <param name="tileByTile">Whether each tile writes only a piece of the slice.</param>
    protected CpuParameters Write(Slice slice, bool tileByTile = false)
        => new(Add(new CpuOperand(Own(slice.Vector), isWritten: true, isReadWhole: tileByTile) { Part = new(slice) }),
            slice.Offset, slice.Length);

    protected CpuParameters Read(Slice slice) => new(ReadWhole(slice.Vector), slice.Offset, slice.Length);

    /// <summary>Declares a slice that the call reads and writes.</summary>
    protected CpuParameters Update(Slice slice) => new(WriteWhole(slice.Vector), slice.Offset, slice.Length);

    /// <summary>Adopts another call's operands and gradients, except for tensors that this call does not use.</summary>
    protected void Adopt(CpuCall call, CpuTensor[] except)
    {
        _operands.AddRange(call.Operands.Where(operand => !except.Contains(operand.Tensor) && !_operands.Contains(operand)));
        _gradients.AddRange(call.Gradients.Where(gradient => !_gradients.Contains(gradient)));
    }

    /// <summary>Adopts a parameter that another call also reads.</summary>
    protected void Adopt(CpuParameters parameters)
    {
        if (!_operands.Contains(parameters.Vector))
            _operands.Add(parameters.Vector);
    }

    protected CpuParameters? ReadOptional(Slice? slice) => slice is Slice given ? Read(given) : null;

    /// <summary>
    /// A gradient of <paramref name="length"/> floats in the kernel's form, turned into the slice's by <paramref name="convert"/>.
    /// </summary>
    protected GradientSum Sum(Slice slice, int length, GradientSum.Layout? convert = null, bool isAssignedFirst = false)
    {
        var vector = new CpuOperand(Own(slice.Vector), isWritten: true, isReadWhole: true) { Part = new(slice) };
        GradientSum sum = convert is null
            ? new GradientSum(vector, slice, length) { IsAssignedFirst = isAssignedFirst }
            : new GradientSum(vector, slice, length) { IsAssignedFirst = isAssignedFirst, Convert = convert };
        _gradients.Add(sum);
        return sum;
    }

    /// <summary>A gradient that may not be wanted: a bias's.</summary>
    protected GradientSum? SumOptional(Slice? slice) => slice is Slice given ? Sum(given, given.Length) : null;

    /// <summary>The sample products computed with the gradient, if any are requested.</summary>
    protected RunningProducts? ReadProducts(Contracts.SampleProducts? wanted)
        => wanted is Contracts.SampleProducts products
            ? new RunningProducts(
                Read(products.WeightDirections), ReadOptional(products.BiasDirections), Write(products.Products), products)
            : null;

    /// <summary>The samples' products of a norm's scale and shift, if any are requested.</summary>
    protected NormProducts? ReadNormProducts(Contracts.SampleProducts? wanted)
        => wanted is Contracts.SampleProducts products
            ? new NormProducts(Read(products.WeightDirections), Read(products.BiasDirections!.Value), Write(products.Products), products)
            : null;

    /// <summary>The retained floats.</summary>
    protected float* Retained(in Tile tile) => tile.Workspace.Start + RetainedOffset;

    /// <summary>
    /// Whether a part of the retained floats, computed from shared operands or from this tile's member, must be recomputed; it counts as
    /// computed from then on.
    /// </summary>
    protected bool MustRenew(in Tile tile, bool isShared, int part = 0)
        => tile.Workspace.MustRenew(RetainedIndex + part, isShared ? -2 : tile.Member);

    protected static void Clear(float* values, long length) => new Span<float>(values, checked((int)length)).Clear();

    private static CpuTensor Own(Tensor tensor)
        => tensor as CpuTensor
            ?? throw new ArgumentException($"Found a {tensor.GetType().Name}; expected a tensor of the CPU device.", nameof(tensor));

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

    /// <summary>The parameters of the tile's member; if a member has several vectors, those of vector <paramref name="sample"/>.</summary>
    public float* At(in Tile tile, int sample = 0) => Vector.At(tile, sample) + Offset;
}
