namespace DdmNative.Compute.Cpu;

/// <summary>
/// Converts a batch that all members share to the layout of <see cref="LinearStepCall"/>, once for all of them: the inputs in panels of 32
/// samples [N/32, I, 32] for the product, in panels of 32 inputs [I/32, N, 32] for the gradient, and the labels as [K, N]. Inputs are in
/// PyTorch's order, as a flatten of the images makes them.
/// </summary>
internal sealed unsafe class LinearInputCall : CpuCall
{
    private const int Columns = SlotMicroKernel.Columns;

    private readonly CpuOperand _images, _labels, _across, _panels, _labelsAcross;

    public LinearInputCall(CpuTensor images, CpuTensor labels, Action<CpuTensor> own)
        : base("linear-step.inputs", members: 1, images.Shape.Samples)
    {
        (_images, _labels) = (Read(images), Read(labels));
        Stride = (Samples + Columns - 1) / Columns * Columns;
        Inputs = images.Shape.SampleLength;
        CpuTensor Make(long length)
        {
            var tensor = new CpuTensor(TensorShape.Vector(1, checked((int)length)), isTransient: false);
            own(tensor);
            return tensor;
        }

        (Across, Panels, LabelsAcross) = (Make((long)Inputs * Stride), Make((long)Inputs * Samples),
            Make((long)labels.Shape.SampleLength * Stride));
        (_across, _panels, _labelsAcross) = (WriteWhole(Across), WriteWhole(Panels), WriteWhole(LabelsAcross));
    }

    /// <summary>[N/32, I, 32]; the floats between N and the stride are zero.</summary>
    public CpuTensor Across { get; }

    /// <summary>[I/32, N, 32].</summary>
    public CpuTensor Panels { get; }

    /// <summary>[K, N].</summary>
    public CpuTensor LabelsAcross { get; }

    /// <summary>Floats from one row of <see cref="LabelsAcross"/> to the next: N rounded up to whole panels.</summary>
    public int Stride { get; }

    /// <summary>I.</summary>
    public int Inputs { get; }

    public override void Execute(in Tile tile)
    {
        TensorShape shape = _images.Tensor.Shape;
        (int channels, int pixels, int classes) = (shape.Channels, shape.Height * shape.Width, _labels.Tensor.Shape.SampleLength);
        float* rows = _across.At(tile, 0), panel = _panels.At(tile, 0), labelRows = _labelsAcross.At(tile, 0);
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            float* image = _images.At(tile, sample), label = _labels.At(tile, sample);
            for (int c = 0, input = 0; c < channels; c++)
            {
                for (int pixel = 0; pixel < pixels; pixel++, input++)
                {
                    float value = image[(nint)pixel * channels + c];
                    rows[((nint)(sample / Columns) * Inputs + input) * Columns + sample % Columns] = value;
                    panel[((nint)(input / Columns) * Samples + sample) * Columns + input % Columns] = value;
                }
            }
            for (int k = 0; k < classes; k++)
                labelRows[(nint)k * Stride + sample] = label[k];
        }
    }
}
