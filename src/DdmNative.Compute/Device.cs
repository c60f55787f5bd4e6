using DdmNative.Compute.Contracts;

namespace DdmNative.Compute;

/// <summary>
/// Where tensors live and kernels run. Nothing above this class knows which backend it has.
/// </summary>
/// <remarks>
/// A kernel called outside <see cref="Record"/> runs at once; inside, the call is recorded and runs with the plan.
/// Results are the same bits for the same device, seed and inputs, for any number of threads.
/// </remarks>
public abstract class Device : IDisposable
{
    private DeviceOperations? _operations;

    /// <summary>The name that a user gives: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>One line to print: model, instruction set, threads or memory.</summary>
    public abstract string Description { get; }

    /// <summary>
    /// The properties of the device that determine the last bits of results: two devices of equal arithmetic compute equal bits. Part of
    /// the keys of stored results.
    /// </summary>
    public virtual string Arithmetic => Description;

    /// <summary>
    /// Whether the kernels of gradients can also compute each sample's products with directions (<see cref="SampleProducts"/>).
    /// </summary>
    public virtual bool HasSampleProducts => false;

    /// <summary>What the device can compute. The properties below are its members, for shorter calls.</summary>
    public DeviceOperations Operations => _operations ??= CreateOperations();

    public Convolution Convolution => Operations.Convolution;
    public MatrixProduct MatrixProduct => Operations.MatrixProduct;
    public InstanceNorm InstanceNorm => Operations.InstanceNorm;
    public BatchNorm BatchNorm => Operations.BatchNorm;
    public FrozenBatchNorm FrozenBatchNorm => Operations.FrozenBatchNorm;
    public GroupNorm GroupNorm => Operations.GroupNorm;
    public ReluAvgPool ReluAvgPool => Operations.ReluAvgPool;
    public MaxPool MaxPool => Operations.MaxPool;
    public AvgPool AvgPool => Operations.AvgPool;
    public Gelu Gelu => Operations.Gelu;
    public Dropout Dropout => Operations.Dropout;
    public SoftmaxCrossEntropy SoftmaxCrossEntropy => Operations.SoftmaxCrossEntropy;
    public GradientDistance GradientDistance => Operations.GradientDistance;
    public Sgd Sgd => Operations.Sgd;
    public Adam Adam => Operations.Adam;
    public Reduction Reduction => Operations.Reduction;
    public Philox Philox => Operations.Philox;
    public Fill Fill => Operations.Fill;
    public LinearCombination LinearCombination => Operations.LinearCombination;
    public Gather Gather => Operations.Gather;
    public CropFlip CropFlip => Operations.CropFlip;
    public Flatten Flatten => Operations.Flatten;

    /// <summary>Allocates a tensor filled with zeros.</summary>
    /// <exception cref="OutOfDeviceMemoryException">The device has no room for it.</exception>
    public abstract Tensor Allocate(TensorShape shape);

    /// <summary>
    /// Allocates an intermediate result: written and read inside one run of one plan, never downloaded, undefined between runs.
    /// The device may keep only the part of it that is in use.
    /// </summary>
    public abstract Tensor AllocateTransient(TensorShape shape);

    /// <summary>Records the kernel calls that <paramref name="body"/> makes, as a plan.</summary>
    /// <exception cref="InvalidOperationException">Another plan is being recorded on this device.</exception>
    public abstract IPlan Record(string name, Action body);

    /// <summary>Allocates a tensor and fills it from row-major NCHW values.</summary>
    public Tensor Upload(TensorShape shape, ReadOnlySpan<float> values)
    {
        Tensor tensor = Allocate(shape);
        tensor.Upload(values);
        return tensor;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Creates the device's operations; called once, when the first of them is used.</summary>
    protected abstract DeviceOperations CreateOperations();

    protected abstract void Dispose(bool disposing);
}
