namespace DdmNative.Compute.Cpu;

/// <summary>A recorded kernel call as a profiler sees it.</summary>
public interface IKernelCall
{
    /// <summary>Operation and form: <c>convolution.forward</c>.</summary>
    string Name { get; }

    /// <summary>The layer, by the shape of one sample: <c>32×14×14 → 32×14×14</c>.</summary>
    string Shape { get; }

    /// <summary>E.</summary>
    int Members { get; }

    /// <summary>N.</summary>
    int Samples { get; }

    /// <summary>
    /// Floating-point operations that one sample of one member asks for, a multiply–add being two: those of the plain form of a product, whatever
    /// algorithm computes it. Zero where memory is what counts.
    /// </summary>
    double FlopsPerSample { get; }

    /// <summary>Bytes of images, features and the like that one sample of one member reads and writes, each once; parameters left out.</summary>
    double BytesPerSample { get; }
}
